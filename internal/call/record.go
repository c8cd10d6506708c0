package call

// Record is one ended call and its number in the journal. Numbers grow by one and are never used again.
type Record struct {
	Number uint64 `json:"number"`
	Call   Call   `json:"call"`
}

// Query chooses records, newest first. The zero value asks for the newest 100.
type Query struct {
	Limit  int       // at most this many; 100 if 0, never more than 1000
	Before uint64    // only records with a smaller number; 0: from the newest
	Search string    // part of a name or number, any case
	Missed bool      // missed calls only
	Only   Direction // one direction only, empty: both
}
