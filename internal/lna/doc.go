// Package lna holds the tests of the widget in real browsers that keep public pages from this computer.
//
// Chromium and Firefox show the widget in a host page that counts as public, which no page served from loopback does by itself. The
// bridge is the real one; the phone behind it only counts. What a person answers the browser is clicked in the browser's own
// bubble, on a screen of the test's own.
package lna
