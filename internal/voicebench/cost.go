package voicebench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// prefer has a process run before others, so that what else this machine does is not measured. Who may not do that measures a machine
// that should have nothing else to do.
func prefer(pid, priority int) {
	_ = exec.Command("chrt", "-a", "-r", "-p", strconv.Itoa(priority), strconv.Itoa(pid)).Run()
}

// The priorities, each before those below it.
const (
	preferPhone  = 10
	preferServer = 15
	preferUs     = 20
)

// processor is how long all threads of a process have run.
func processor(pid int) time.Duration {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid)) // the pattern is right
	total := time.Duration(0)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if fields := strings.Fields(string(b)); err == nil && len(fields) > 0 { // a thread may have ended
			n, _ := strconv.ParseInt(fields[0], 10, 64) // the kernel writes numbers
			total += time.Duration(n)
		}
	}
	return total
}

// memory is what of a process is in memory, in octets.
func memory(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it has ended: 0
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, _ := strconv.Atoi(f[1]) // the kernel writes numbers
			return kb << 10
		}
	}
	return 0
}
