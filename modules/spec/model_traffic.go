package spec

// ModelTraffic is how the gateway treats requests of a model's route. It means
// nothing without a route.
type ModelTraffic struct {
	// TimeoutSeconds is how long a request may take, in seconds, 1 to 3600.
	// Default: 60.
	TimeoutSeconds int `json:"timeoutSeconds" jsonschema:"minimum=1,maximum=3600"`
	// Retries is how often a request that no replica accepted is sent again, 0
	// to 5. Requests that a replica began to answer are never repeated.
	// Default: 2.
	Retries *int `json:"retries" jsonschema:"minimum=0,maximum=5"`
	// MaxBody is the greatest request, for example 10Mi. Default: 10Mi.
	MaxBody string `json:"maxBody" jsonschema:"example=10Mi"`
	// RequestsPerSecond is how many requests a second the route takes at each
	// proxy of the gateway; more are answered 429. Default: no limit.
	RequestsPerSecond int `json:"requestsPerSecond" jsonschema:"minimum=1"`
	// APIKeys name secrets in gantry:secrets, each the key of one client, sent
	// in the header X-API-Key. Default: none is asked for.
	APIKeys []string `json:"apiKeys" jsonschema:"example=classifierKeyOfShop"`
	// JWT asks for a signed token.
	JWT ModelJWT `json:"jwt"`
}

// ModelJWT is whose tokens a route accepts, in the header Authorization. Excludes
// apiKeys.
type ModelJWT struct {
	// Issuer of the tokens, a URL. Default: none is asked for.
	Issuer string `json:"issuer" jsonschema:"example=https://login.example.com"`
	// Audiences of which a token must name one. Required with issuer. Default:
	// none.
	Audiences []string `json:"audiences" jsonschema:"example=models"`
	// JWKS is the URL of the issuer's public keys. Required with issuer. Default:
	// none.
	JWKS string `json:"jwks" jsonschema:"example=https://login.example.com/.well-known/jwks.json"`
}
