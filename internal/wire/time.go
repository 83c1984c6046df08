package wire

import (
	"time"

	"github.com/go-faster/jx"
)

// time returns the time that comes next. ok is false if there is none: the
// string is empty, or err says why.
func (d *decoder) time(kind jx.Type) (t time.Time, ok bool, err *Error) {
	s, err := d.str(kind)
	if err != nil || s == "" {
		return time.Time{}, false, err
	}
	if t, ok = parseTime(s); !ok {
		err = &Error{Reason: "must be an RFC 3339 time"}
	}
	return t, ok, err
}

// parseTime parses an RFC 3339 time and what servers write in its place: no
// offset (UTC), an offset without a colon or minutes, t and z, a space for T.
func parseTime(s string) (t time.Time, ok bool) {
	const layout = "2006-01-02T15:04:05"
	if len(s) < len(layout) || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != 't' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	ok = true
	field := func(digits string, low, high int) int {
		n, valid := number(digits)
		ok = ok && valid && low <= n && n <= high
		return n
	}
	year, month, day := field(s[:4], 0, 9999), field(s[5:7], 1, 12), field(s[8:10], 1, 31)
	hour, minute, second := field(s[11:13], 0, 23), field(s[14:16], 0, 59), field(s[17:19], 0, 59)
	nanosecond, offset, valid := parseFraction(s[len(layout):])
	if !ok || !valid {
		return time.Time{}, false
	}
	location, ok := parseOffset(offset)
	if !ok {
		return time.Time{}, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, location)
	return t, t.Day() == day // 30 February becomes 2 March
}

// parseFraction parses the decimals of a second, if there are any, and returns
// what follows them.
func parseFraction(s string) (nanoseconds int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	end := 1
	for unit := int(time.Second / 10); end < len(s) && '0' <= s[end] && s[end] <= '9'; end++ {
		nanoseconds += int(s[end]-'0') * unit
		unit /= 10
	}
	return nanoseconds, s[end:], end > 1
}

// parseOffset parses Z, +hh:mm, +hhmm or +hh; an empty string is UTC.
func parseOffset(s string) (location *time.Location, ok bool) {
	if s == "" || s == "Z" || s == "z" {
		return time.UTC, true
	}
	sign := 1
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return nil, false
	}
	hours, minutes := s[1:], "00"
	switch {
	case len(s) == len("+hh:mm") && s[3] == ':':
		hours, minutes = s[1:3], s[4:]
	case len(s) == len("+hhmm"):
		hours, minutes = s[1:3], s[3:]
	case len(s) != len("+hh"):
		return nil, false
	}
	h, validHours := number(hours)
	m, validMinutes := number(minutes)
	if !validHours || !validMinutes || h > 23 || m > 59 {
		return nil, false
	}
	if h == 0 && m == 0 {
		return time.UTC, true
	}
	return time.FixedZone("", sign*(h*60+m)*60), true
}

// number returns the value of a string of digits.
func number(digits string) (n int, ok bool) {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
