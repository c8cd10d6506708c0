package media

// spurts tells speech from what is behind it by how loud it is. The zero value is ready.
//
// The background is the softest block of the last seconds: between words and syllables it shows (minimum statistics; R. Martin, 2001).
type spurts struct {
	block        int     // of the window
	before, this float64 // mean square of the softest block of the window before, and of this one so far
	hang         int     // blocks for which it still counts as speech
}

const (
	window   = 100             // blocks of 10 ms
	louder   = 8               // speech is 9 dB louder than the background
	hangover = 25              // blocks after the last loud one: the ends of words are soft
	softest  = 33 * 33.0       // -60 dBFS: what is below is no speech, however quiet the room
	loudest  = 1036 * 1036.0   // -30 dBFS: what is above is speech, however long it lasts
	fullest  = 32768 * 32768.0 // nothing is louder
)

// speaks takes the mean square of the next 10 ms and reports whether somebody speaks. At first it takes for granted that somebody does.
func (s *spurts) speaks(square float64) bool {
	if s.block%window == 0 {
		s.before, s.this = s.this, fullest
		if s.block == 0 {
			s.hang = hangover
		}
	}
	s.block++
	s.this = min(s.this, square)
	floor := s.this
	if s.before > 0 {
		floor = min(floor, s.before)
	}
	if square > max(louder*floor, softest) || square > loudest {
		s.hang = hangover
		return true
	}
	s.hang = max(0, s.hang-1)
	return s.hang > 0
}
