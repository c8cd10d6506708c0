package ui

import (
	"image/png"
	"os"
	"testing"
)

func TestShots(t *testing.T) {
	os.MkdirAll("/tmp/shots", 0o755)
	for _, look := range []string{"light", "dark"} {
		w, _ := newTestWindow(t, look)
		for name, s := range scenes() {
			img := picture(t, w, s)
			if name == "call" {
				for i := range 44 {
					w.pane.plate.voice.push(float32(i%9)/12, float32((i/11)%2)*float32(i%7)/10)
				}
				img = w.win.Canvas().Capture()
			}
			f, _ := os.Create("/tmp/shots/" + look + "-" + name + ".png")
			png.Encode(f, img)
			f.Close()
		}
	}
}
