package call

// Sound is how a call sounds here: in the last second, and as a whole.
type Sound struct {
	Now   Quality `json:"now"`
	Whole Quality `json:"whole"`
	// Silent says whose sound is missing for two seconds and more.
	Silent Side `json:"silent,omitempty"`
	// TalkingMuted says that the agent talks for most of a second already although the microphone is muted.
	TalkingMuted bool `json:"talking_muted,omitempty"`
	// Poor says that people find it hard to understand each other, for some seconds already.
	Poor bool `json:"poor,omitempty"`
}

// Side says on which way the sound of a call is missing.
type Side string

// The ways.
const (
	NothingMissing Side = ""
	FromThem       Side = "from-them" // no packet of theirs arrives
	ToThem         Side = "to-them"   // they report that no packet of ours arrives
	FromMicrophone Side = "from-microphone"
)

// Quality is how a call sounded for a time. Loss and delays are of what comes from the far end, but where they say otherwise.
type Quality struct {
	MOS        float64 `json:"mos"`           // mean opinion, 1 (bad) to 4.5 (ITU-T G.107 Annex B)
	R          float64 `json:"r"`             // transmission rating, 0 to 93.2 (ITU-T G.107)
	Lost       float64 `json:"lost"`          // percent of packets that never came
	Late       float64 `json:"late"`          // percent of packets that came too late to be played
	Burst      float64 `json:"burst"`         // how much longer losses last than by chance, 1 or more
	Jitter     float64 `json:"jitter_ms"`     // RFC 3550 §6.4.1
	RoundTrip  float64 `json:"round_trip_ms"` // 0: not known
	Delay      float64 `json:"delay_ms"`      // of the playout
	Concealed  float64 `json:"concealed_ms"`  // sound made up for what was missing
	Lengthened float64 `json:"lengthened_ms"` // sound put in while more was waited for
	Shortened  float64 `json:"shortened_ms"`  // sound left out to catch up
	Heard      float64 `json:"heard_dbfs"`    // loudness of the far end; a full-scale square wave is 0, silence is -96
	Said       float64 `json:"said_dbfs"`     // loudness of what is sent
	Clipped    float64 `json:"clipped"`       // percent of what is sent that is cut off at full scale
	TheirLoss  float64 `json:"their_loss"`    // percent of our packets that they miss, as they report
	TheirMOS   float64 `json:"their_mos"`     // what they think of our sound, as they report (RFC 3611); 0: they do not say
}
