// Package ui draws the phone from a snapshot and turns taps into commands; it holds no call state.
package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colour roles that are ours beside Fyne's own.
const (
	roleGround     fyne.ThemeColorName = "stGround"
	roleText2      fyne.ThemeColorName = "stText2"
	roleCard       fyne.ThemeColorName = theme.ColorNameButton
	roleEnd        fyne.ThemeColorName = "stEnd"
	roleOnEnd      fyne.ThemeColorName = "stOnEnd"
	roleHoldText   fyne.ThemeColorName = "stHoldText"
	roleWrap       fyne.ThemeColorName = "stWrap"
	roleAway       fyne.ThemeColorName = "stAway"
	roleOffline    fyne.ThemeColorName = "stOffline"
	roleRinging    fyne.ThemeColorName = "stRinging"
	rolePlateCall  fyne.ThemeColorName = "stPlateCall"
	rolePlateRing  fyne.ThemeColorName = "stPlateRing"
	rolePlateHold  fyne.ThemeColorName = "stPlateHold"
	rolePlateWrap  fyne.ThemeColorName = "stPlateWrap"
	roleOnPlate    fyne.ThemeColorName = "stOnPlate"
	roleOnPlate2   fyne.ThemeColorName = "stOnPlate2"
	roleOnHold     fyne.ThemeColorName = theme.ColorNameForegroundOnWarning
	roleSoftCall   fyne.ThemeColorName = "stSoftCall"
	roleSoftError  fyne.ThemeColorName = "stSoftError"
	roleSoftHold   fyne.ThemeColorName = "stSoftHold"
	roleSoftWrap   fyne.ThemeColorName = "stSoftWrap"
	roleSoftAway   fyne.ThemeColorName = "stSoftAway"
	roleSoftOff    fyne.ThemeColorName = "stSoftOffline"
	roleClear      fyne.ThemeColorName = "stClear"
	roleAccent     fyne.ThemeColorName = theme.ColorNamePrimary
	roleSoftAccent fyne.ThemeColorName = theme.ColorNameSelection
	roleText       fyne.ThemeColorName = theme.ColorNameForeground
	roleText3      fyne.ThemeColorName = theme.ColorNamePlaceHolder
	roleLine       fyne.ThemeColorName = theme.ColorNameSeparator
	rolePanel      fyne.ThemeColorName = theme.ColorNameBackground
	roleSunken     fyne.ThemeColorName = theme.ColorNameDisabledButton
	roleError      fyne.ThemeColorName = theme.ColorNameError
	roleCall       fyne.ThemeColorName = theme.ColorNameSuccess
	roleOnCall     fyne.ThemeColorName = theme.ColorNameForegroundOnSuccess
	roleHold       fyne.ThemeColorName = theme.ColorNameWarning
	roleOnAccent   fyne.ThemeColorName = theme.ColorNameForegroundOnPrimary
	roleHover      fyne.ThemeColorName = theme.ColorNameHover
	rolePressed    fyne.ThemeColorName = theme.ColorNamePressed
	roleEdge       fyne.ThemeColorName = theme.ColorNameInputBorder
)

// The type scale, in units of Fyne (one unit is one pixel at scale 1).
const (
	sizeDisplay    float32 = 32
	sizeHeading    float32 = 22
	sizeSubheading float32 = 17
	sizeText       float32 = 14
	sizeCaption    float32 = 12
)

// shades is a role in both variants, as 0xRRGGBB.
type shades struct{ light, dark uint32 }

// palette is every role of the design, light and dark.
func palette() map[fyne.ThemeColorName]shades {
	return map[fyne.ThemeColorName]shades{
		roleGround: {0xE6EBEA, 0x0D1312}, theme.ColorNameBackground: {0xF4F7F6, 0x141C1B},
		theme.ColorNameHeaderBackground: {0xF4F7F6, 0x141C1B},
		theme.ColorNameButton:           {0xFFFFFF, 0x1C2625}, theme.ColorNameInputBackground: {0xFFFFFF, 0x1C2625},
		theme.ColorNameMenuBackground: {0xFFFFFF, 0x1C2625}, theme.ColorNameOverlayBackground: {0xFFFFFF, 0x1C2625},
		theme.ColorNameDisabledButton: {0xE9EEED, 0x101716},
		theme.ColorNameHover:          {0xDCE4E2, 0x263231}, theme.ColorNamePressed: {0xCDD8D5, 0x30403D},
		theme.ColorNameSeparator: {0xD2DAD8, 0x2B3836}, theme.ColorNameInputBorder: {0x7C8B87, 0x6F807C},
		theme.ColorNameShadow:     {0xD2DAD8, 0x2B3836}, // no shadow: the edge of menus
		theme.ColorNameScrollBar:  {0x7C8B87, 0x6F807C},
		theme.ColorNameForeground: {0x12201E, 0xE7EFED}, roleText2: {0x435350, 0xB3C1BE},
		theme.ColorNamePlaceHolder: {0x566562, 0x93A39F}, theme.ColorNameDisabled: {0x566562, 0x93A39F},
		theme.ColorNamePrimary: {0x0B5F6B, 0x6CC5CE}, theme.ColorNameHyperlink: {0x0B5F6B, 0x6CC5CE},
		theme.ColorNameFocus: {0x0B5F6B, 0x6CC5CE}, theme.ColorNameForegroundOnPrimary: {0xFFFFFF, 0x04211F},
		theme.ColorNameSelection: {0xD6E9EB, 0x16383B},
		theme.ColorNameSuccess:   {0x167042, 0x4CC488}, theme.ColorNameForegroundOnSuccess: {0xFFFFFF, 0x04190E},
		roleEnd: {0xBF2B2B, 0xD23B3B}, roleOnEnd: {0xFFFFFF, 0xFFFFFF},
		theme.ColorNameError: {0xB3261E, 0xF28B85}, theme.ColorNameForegroundOnError: {0xFFFFFF, 0x2A0806},
		theme.ColorNameWarning: {0xF0BF4A, 0xDDA937}, theme.ColorNameForegroundOnWarning: {0x2B1D00, 0x221700},
		roleHoldText: {0x8A5800, 0xEBBB52}, roleWrap: {0x6A4291, 0xBE9FE6}, roleAway: {0x97482A, 0xE59B77},
		roleOffline: {0x566562, 0x93A39F}, roleRinging: {0x1F5BB5, 0x7FB2F7},
		rolePlateCall: {0x0A4A52, 0x0E4F57}, rolePlateRing: {0x1D4E9E, 0x2256A8}, rolePlateHold: {0xF0BF4A, 0xDDA937}, rolePlateWrap: {0x57367A, 0x5D3D82},
		roleOnPlate: {0xFFFFFF, 0xFFFFFF}, roleOnPlate2: {0xCFE3E4, 0xCFE3E4},
		roleSoftCall: {0xD9EFE2, 0x15362A}, roleSoftError: {0xFBE3E0, 0x42201F}, roleSoftHold: {0xFCEFCF, 0x3A2E12},
		roleSoftWrap: {0xECE3F5, 0x33254A}, roleSoftAway: {0xF7E4DA, 0x402A20}, roleSoftOff: {0xE3E9E7, 0x263230},
	}
}

// Look is Sidetone's theme. Variant fixes light or dark; nil follows the system.
type Look struct {
	Variant *fyne.ThemeVariant
	base    fyne.Theme
	roles   map[fyne.ThemeColorName]shades
}

// NewLook makes the theme for "light", "dark" or, with anything else, the system's choice.
func NewLook(name string) *Look {
	l := &Look{base: theme.DefaultTheme(), roles: palette()}
	light, dark := theme.VariantLight, theme.VariantDark
	switch name {
	case "light":
		l.Variant = &light
	case "dark":
		l.Variant = &dark
	}
	return l
}

// Color implements fyne.Theme.
func (l *Look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if l.Variant != nil {
		variant = *l.Variant
	}
	if name == roleClear {
		return color.Transparent
	}
	s, ok := l.roles[name]
	if !ok {
		return l.base.Color(name, variant)
	}
	if variant == theme.VariantLight {
		return rgb(s.light)
	}
	return rgb(s.dark)
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// Font implements fyne.Theme: Noto Sans, which Fyne brings.
func (l *Look) Font(style fyne.TextStyle) fyne.Resource { return l.base.Font(style) }

// Icon implements fyne.Theme.
func (l *Look) Icon(name fyne.ThemeIconName) fyne.Resource { return l.base.Icon(name) }

// Size implements fyne.Theme.
func (l *Look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNamePadding, theme.SizeNameScrollBarSmall:
		return 4
	case theme.SizeNameInnerPadding, theme.SizeNameScrollBar:
		return 8
	case theme.SizeNameInlineIcon:
		return 20
	case theme.SizeNameSeparatorThickness, theme.SizeNameInputBorder:
		return 1
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return 10
	case theme.SizeNameText:
		return sizeText
	case theme.SizeNameCaptionText:
		return sizeCaption
	case theme.SizeNameHeadingText:
		return sizeHeading
	case theme.SizeNameSubHeadingText:
		return sizeSubheading
	}
	return l.base.Size(name)
}
