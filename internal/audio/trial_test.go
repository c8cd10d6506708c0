package audio

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/devices"
)

// try runs a trial and returns what it told; stop ends it after that many words, 0: never.
func try(t *testing.T, s *System, what string, stop int) []devices.Trial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var told []devices.Trial
	err := s.Try(ctx, what, func(d devices.Trial) {
		if told = append(told, d); len(told) == stop {
			cancel()
		}
	})
	if err != nil || len(told) == 0 {
		t.Fatalf("%s: %v, told %d times", what, err, len(told))
	}
	return told
}

func TestTrials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "heard.wav")
	s := New(Choice{Input: "tone:1000", Output: "file:" + file, Ring: "null"}, nil)
	told := try(t, s, TryEcho, 0)
	if last := told[len(told)-1]; last.Stage != "done" || last.Peak < 0.24 || last.Peak > 0.26 || last.Device != "file:"+file {
		t.Errorf("%+v", last)
	}
	if first := told[0]; first.Stage != "listening" || first.Device != "tone:1000" || len(told) < 20 {
		t.Errorf("%d words, the first %+v", len(told), first)
	}
	heard, err := ReadWAV(file)
	if err != nil || len(heard) < 2*Rate || hear(heard[Rate:2*Rate], 1000) < 0.99 {
		t.Errorf("%d samples were played, %v", len(heard), err)
	}
	if last := try(t, s, TryRinger, 0); last[len(last)-1].Stage != "done" {
		t.Errorf("%+v", last)
	}
	if told := try(t, s, TryLevels, 3); len(told) != 3 || told[2].Stage != "listening" {
		t.Errorf("%+v", told)
	}
	if err := s.Try(t.Context(), "nose", nil); err == nil || !strings.Contains(err.Error(), "write microphone, speaker") {
		t.Error(err)
	}
	if err := New(Choice{Input: "null"}, nil).Try(t.Context(), TryMicrophone, nil); err == nil || !strings.Contains(err.Error(), "use silence") {
		t.Error(err)
	}
}
