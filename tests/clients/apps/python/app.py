"""A web application and an API in Python: Authlib signs people in, PyJWT validates access tokens."""

import os
import secrets
from urllib.parse import urlencode

import jwt
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, abort, jsonify, redirect, request, session, url_for

ISSUER = os.environ["ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
API = os.environ["API"]

# [sign-in]
app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)  # in earnest: one secret for all processes
latchkey = OAuth(app).register(
    "latchkey",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)
tokens = {}  # stays here: the session cookie of Flask is signed, but anybody can read it


@app.get("/login")
def login():
    return latchkey.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    try:
        # Checks state, PKCE, and the ID token: signature, issuer, audience, time, nonce.
        token = latchkey.authorize_access_token()
    except OAuthError as error:
        abort(400, error.description)
    # Who it is is in the ID token; the rest of the profile is at UserInfo.
    profile = latchkey.userinfo(token=token)
    if profile["sub"] != token["userinfo"]["sub"]:
        abort(400, "the profile of somebody else")
    session.clear()
    session["id"] = secrets.token_urlsafe()
    tokens[session["id"]] = {**token, "userinfo": profile}
    return redirect("/")


@app.get("/")
def home():
    token = tokens.get(session.get("id")) or abort(401)
    return jsonify({name: token["userinfo"].get(name) for name in ("sub", "name", "email")})
# [end]


# [refresh]
@app.get("/refresh")
def refresh():
    token = tokens.get(session.get("id")) or abort(401)
    fresh = latchkey.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
    # The answer may bring a new refresh token; the one before is of no use then.
    token.update(fresh)
    return jsonify(access_token=token["access_token"])
# [end]


# [sign-out]
@app.get("/logout")
def logout():
    token = tokens.pop(session.pop("id", None), None) or abort(401)
    query = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": url_for("home", _external=True)}
    return redirect(latchkey.load_server_metadata()["end_session_endpoint"] + "?" + urlencode(query))
# [end]


# [api]
keys = jwt.PyJWKClient(f"{ISSUER}/jwks")  # fetches them once, and again for a key that it does not know


def validated(token):
    """The claims of an access token for this API, by RFC 9068 section 4."""
    key = keys.get_signing_key_from_jwt(token)
    required = ["exp", "sub", "client_id"]
    options = {"algorithms": ["RS256"], "issuer": ISSUER, "audience": API, "options": {"require": required}}
    whole = jwt.decode_complete(token, key, **options)
    if whole["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    return whole["payload"]


@app.get("/api")
def api():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        claims = validated(token) if scheme.lower() == "bearer" else abort(401)
    except jwt.PyJWTError as error:
        abort(401, str(error))
    return jsonify(sub=claims["sub"], scope=claims.get("scope", ""))
# [end]


if __name__ == "__main__":
    app.run(host="localhost", port=int(os.environ["PORT"]))
