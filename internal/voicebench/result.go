package voicebench

import (
	"fmt"
	"strings"
)

// Row is one call of one phone.
type Row struct {
	Phone     string  `json:"phone"`
	Codec     string  `json:"codec"`
	Condition string  `json:"condition"`
	Seed      uint64  `json:"seed"`
	ToSpeaker float64 `json:"network_to_speaker_ms"`
	Damaged   float64 `json:"damaged_ms_per_minute"` // of speech, as heard from the speaker
	ToNetwork float64 `json:"microphone_to_network_ms"`
	Processor float64 `json:"processor_s_per_minute"` // of call
	Memory    float64 `json:"memory_mib"`
	PESQ      float64 `json:"pesq,omitempty"` // ITU-T P.862.1; 0: not measured
	Failed    string  `json:"failed,omitempty"`
}

// Result is what a run has measured.
type Result struct {
	Rows []Row `json:"rows"`
}

// Well reports whether every phone could be measured.
func (r Result) Well() bool {
	for _, row := range r.Rows {
		if row.Failed != "" {
			return false
		}
	}
	return len(r.Rows) > 0
}

// String is the table for people: for each codec and network the phones below each other.
func (r Result) String() string {
	var b strings.Builder
	last := ""
	for _, row := range r.Rows {
		if head := fmt.Sprintf("%s, %s, seed %d", row.Codec, row.Condition, row.Seed); head != last {
			last = head
			fmt.Fprintf(&b, "\n%-22s %16s %16s %16s %12s %9s %6s\n", head, "to the speaker", "damaged speech", "to the network", "processor", "memory", "PESQ")
		}
		if row.Failed != "" {
			fmt.Fprintf(&b, "  %-20s %s\n", row.Phone, row.Failed)
			continue
		}
		score := "-"
		if row.PESQ > 0 {
			score = fmt.Sprintf("%.2f", row.PESQ)
		}
		fmt.Fprintf(&b, "  %-20s %13.0f ms %8.0f ms/min %13.0f ms %6.2f s/min %5.1f MiB %6s\n",
			row.Phone, row.ToSpeaker, row.Damaged, row.ToNetwork, row.Processor, row.Memory, score)
	}
	return strings.TrimPrefix(b.String(), "\n")
}
