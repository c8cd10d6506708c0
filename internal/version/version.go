// Package version says which version of the product this is.
package version

// Number is the version, the same as in FyneApp.toml; part of User-Agent, of the bridge's welcome and of every --version.
const Number = "0.1.0"
