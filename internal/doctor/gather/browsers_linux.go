package gather

import (
	"os/exec"

	"sidetone/internal/doctor"
)

// browsers reads the policies where Linux keeps them.
func browsers() []doctor.Browser { return browsersBelow("") }

// browsersBelow reads below another root, for tests.
func browsersBelow(root string) []doctor.Browser {
	chrome := doctor.Browser{Name: "Chrome", Installed: installed("google-chrome", "google-chrome-stable")}
	folders(&chrome, root+"/etc/opt/chrome/policies/managed")
	chromium := doctor.Browser{Name: "Chromium", Installed: installed("chromium", "chromium-browser")}
	folders(&chromium, root+"/etc/chromium/policies/managed", root+"/etc/chromium-browser/policies/managed")
	edge := doctor.Browser{Name: "Edge", Installed: installed("microsoft-edge", "microsoft-edge-stable")}
	folders(&edge, root+"/etc/opt/edge/policies/managed")
	firefox := doctor.Browser{Name: "Firefox", Firefox: true, Installed: installed("firefox", "firefox-esr")}
	firstFile(&firefox, root+"/etc/firefox/policies/policies.json", root+"/usr/lib/firefox/distribution/policies.json",
		root+"/usr/lib/firefox-esr/distribution/policies.json", root+"/usr/lib64/firefox/distribution/policies.json", root+"/opt/firefox/distribution/policies.json")
	return []doctor.Browser{chrome, chromium, edge, firefox}
}

// installed reports whether one of the programs is there.
func installed(names ...string) bool {
	for _, n := range names {
		if _, err := exec.LookPath(n); err == nil {
			return true
		}
	}
	return false
}
