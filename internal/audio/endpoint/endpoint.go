// Package endpoint asks Windows which microphone and speaker are its default for calls.
package endpoint
