// A web application and an API in Go: x/oauth2 and go-oidc.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// [sign-in]
type app struct {
	provider *oidc.Provider
	config   oauth2.Config
	idTokens *oidc.IDTokenVerifier
	api      *oidc.IDTokenVerifier
	home     string

	mutex    sync.Mutex
	pending  map[string]pending // by state
	sessions map[string]*session
}

// What a sign-in that is under way has to come back to.
type pending struct{ browser, verifier, nonce string }

type session struct {
	idToken string
	token   *oauth2.Token
	User    struct{ Sub, Name, Email string }
}

func newApp(ctx context.Context, issuer, id, secret, home, audience string) (*app, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	return &app{
		provider: provider,
		config: oauth2.Config{
			ClientID:     id,
			ClientSecret: secret,
			Endpoint:     provider.Endpoint(),
			RedirectURL:  home + "/callback",
			Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
		},
		idTokens: provider.Verifier(&oidc.Config{ClientID: id}),
		api:      provider.Verifier(&oidc.Config{ClientID: audience}),
		home:     home,
		pending:  map[string]pending{},
		sessions: map[string]*session{},
	}, nil
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	state := rand.Text()
	begun := pending{browser: rand.Text(), verifier: oauth2.GenerateVerifier(), nonce: rand.Text()}
	a.mutex.Lock()
	a.pending[state] = begun // in earnest: with an end, and only so many
	a.mutex.Unlock()
	setCookie(w, "browser", begun.browser)
	url := a.config.AuthCodeURL(state, oidc.Nonce(begun.nonce), oauth2.S256ChallengeOption(begun.verifier))
	http.Redirect(w, r, url, http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	session, err := a.signedIn(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := rand.Text()
	a.mutex.Lock()
	a.sessions[id] = session
	a.mutex.Unlock()
	setCookie(w, "session", id)
	http.Redirect(w, r, "/", http.StatusFound)
}

func (a *app) signedIn(r *http.Request) (*session, error) {
	state := r.FormValue("state")
	a.mutex.Lock()
	begun, known := a.pending[state]
	delete(a.pending, state)
	a.mutex.Unlock()
	if browser, err := r.Cookie("browser"); !known || err != nil || browser.Value != begun.browser {
		return nil, errors.New("this sign-in did not begin here")
	}
	if failed := r.FormValue("error"); failed != "" {
		return nil, errors.New(failed)
	}
	token, err := a.config.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(begun.verifier))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	// Signature, issuer, audience and time; the nonce is ours to compare.
	idToken, err := a.idTokens.Verify(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	if idToken.Nonce != begun.nonce {
		return nil, errors.New("an ID token of another sign-in")
	}
	// Who it is is in the ID token; the rest of the profile is at UserInfo.
	profile, err := a.provider.UserInfo(r.Context(), a.config.TokenSource(r.Context(), token))
	if err != nil {
		return nil, err
	}
	if profile.Subject != idToken.Subject {
		return nil, errors.New("the profile of somebody else")
	}
	session := &session{idToken: raw, token: token}
	return session, profile.Claims(&session.User)
}

// [end]

// [refresh]
func (a *app) refresh(w http.ResponseWriter, r *http.Request, session *session) {
	// A TokenSource refreshes when the access token has expired; this asks at once.
	token, err := a.config.TokenSource(r.Context(), &oauth2.Token{RefreshToken: session.token.RefreshToken}).Token()
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	session.token = token // with the refresh token that goes on
	answer(w, map[string]string{"access_token": token.AccessToken})
}

// [end]

// [sign-out]
func (a *app) logout(w http.ResponseWriter, r *http.Request, session *session) {
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := a.provider.Claims(&metadata); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	setCookie(w, "session", "")
	query := url.Values{"id_token_hint": {session.idToken}, "post_logout_redirect_uri": {a.home + "/"}}
	http.Redirect(w, r, metadata.EndSession+"?"+query.Encode(), http.StatusFound)
}

// [end]

// [api]
// The claims of an access token for this API, by RFC 9068 section 4.
func (a *app) validated(r *http.Request) (map[string]any, error) {
	raw, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return nil, errors.New("no token")
	}
	// Signature, issuer, audience and time. go-oidc looks at no type, which keeps an ID token from being taken for this.
	token, err := a.api.Verify(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	var header struct{ Typ string }
	part, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || json.Unmarshal(text, &header) != nil || header.Typ != "at+jwt" {
		return nil, errors.New("not an access token")
	}
	claims := map[string]any{}
	return claims, token.Claims(&claims)
}

// [end]

func setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

// Finds the session of a request, or says that there is none.
func (a *app) within(next func(http.ResponseWriter, *http.Request, *session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var found *session
		if cookie, err := r.Cookie("session"); err == nil {
			a.mutex.Lock()
			found = a.sessions[cookie.Value]
			a.mutex.Unlock()
		}
		if found == nil {
			http.Error(w, "not signed in", http.StatusUnauthorized)
			return
		}
		next(w, r, found)
	}
}

func main() {
	home := "http://localhost:" + os.Getenv("PORT")
	a, err := newApp(context.Background(), os.Getenv("ISSUER"), os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), home, os.Getenv("API"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /login", a.login)
	http.HandleFunc("GET /callback", a.callback)
	http.HandleFunc("GET /refresh", a.within(a.refresh))
	http.HandleFunc("GET /logout", a.within(a.logout))
	http.HandleFunc("GET /{$}", a.within(func(w http.ResponseWriter, _ *http.Request, session *session) {
		answer(w, map[string]string{"sub": session.User.Sub, "name": session.User.Name, "email": session.User.Email})
	}))
	http.HandleFunc("GET /api", func(w http.ResponseWriter, r *http.Request) {
		claims, err := a.validated(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		answer(w, map[string]any{"sub": claims["sub"], "scope": claims["scope"]})
	})
	log.Fatal(http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}
