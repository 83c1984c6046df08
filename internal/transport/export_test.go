package transport

// NewBase is the http.Transport that a client has by itself.
var NewBase = newBase
