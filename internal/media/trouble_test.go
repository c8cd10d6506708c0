package media

import "testing"

// TestOneCauseIsSaidOnce: three devices without a sound system are one sentence.
func TestOneCauseIsSaidOnce(t *testing.T) {
	mic, ear, bell := "The microphone cannot be used: there is none.", "The speaker cannot be used: there is none.", "The ring device cannot be used: it is away."
	for want, list := range map[string][]string{
		"":                       {"", "", ""},
		mic:                      {mic, "", ""},
		mic + " " + bell:         {mic, mic, bell},
		"No sound comes. " + mic: {"No sound comes.", mic, "No sound comes."},
		"The microphone and the speaker cannot be used: there is none. " + bell: {mic, ear, bell},
		"The microphone, the speaker and the ring device cannot be used: there is none.": {
			mic, ear, "The ring device cannot be used: there is none."},
	} {
		if got := trouble(list...); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
