package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"sidetone/widgetbridge/web"
)

// ErrSchema says that an app definition is not what the schema describes.
var ErrSchema = errors.New("the app definition does not match its schema")

// Validate holds an app definition against web.Schema. The error names the place and what is wrong there.
func Validate(definition []byte) error {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(web.Schema()))
	if err != nil {
		return fmt.Errorf("the schema is not JSON: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("app.schema.json", document); err != nil {
		return fmt.Errorf("the schema cannot be used: %w", err)
	}
	schema, err := c.Compile("app.schema.json")
	if err != nil {
		return fmt.Errorf("the schema cannot be used: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(definition))
	if err != nil {
		return fmt.Errorf("%w: it is not JSON: %w", ErrSchema, err)
	}
	var wrong *jsonschema.ValidationError
	if err := schema.Validate(value); errors.As(err, &wrong) {
		return fmt.Errorf("%w: %s", ErrSchema, first(wrong))
	}
	return nil
}

// first is the innermost cause that comes first, in our words where they are better.
func first(e *jsonschema.ValidationError) string {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	at := "/" + strings.Join(e.InstanceLocation, "/")
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return fmt.Sprintf("%s has %s, which is no key of an app definition", at, strings.Join(k.Properties, ", "))
	case *kind.Required:
		return fmt.Sprintf("%s lacks %s", at, strings.Join(k.Missing, ", "))
	case *kind.Pattern:
		return fmt.Sprintf("%s is %q", at, k.Got)
	}
	return fmt.Sprintf("%s breaks the rule %s", at, strings.Join(e.ErrorKind.KeywordPath(), "/"))
}
