//go:build race

package presence

// raceEnabled says that the test runs under the race detector, which is ten times slower.
const raceEnabled = true
