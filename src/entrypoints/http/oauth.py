"""The token endpoint and what belongs to it: OAuth 2.0 in its own words, not in ours."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from attrs import frozen
from litestar import Controller, Request, Response, get, post

from ...domain.errors import SignatureInvalid, TokenRefused
from ...domain.tenancy import (
    ClientCredentials,
    IssuedTokens,
    Permission,
    public_key_text,
    scope_text,
)
from .inputs import Call, described
from .signed import Signed

FORM = "application/x-www-form-urlencoded"
#: Longest form that makes sense: two tokens and some names. [bytes]
LARGEST_FORM = 16_384
_CLIENT_ID = "Id of an API key; or use HTTP Basic."
_CLIENT_TEXT = "The whole text of the API key; or use HTTP Basic."


@frozen
class TokenForm:
    """What is asked of the token endpoint; what else a form holds is passed over."""

    grant_type: str = described(
        "`client_credentials` or `refresh_token`.", example="client_credentials"
    )
    scope: str | None = described(
        "Scopes with spaces between; everything that can be had without it. "
        "`offline_access` asks for a refresh token.",
        default=None,
    )
    refresh_token: str | None = described("For `refresh_token`: the newest one.", default=None)
    client_id: str | None = described(_CLIENT_ID, default=None)
    client_secret: str | None = described(_CLIENT_TEXT, default=None)


@frozen
class RevocationForm:
    """Which token shall end."""

    token: str = described("An access token or a refresh token.")
    token_type_hint: str | None = described("Not needed: its form tells.", default=None)
    client_id: str | None = described(_CLIENT_ID, default=None)
    client_secret: str | None = described(_CLIENT_TEXT, default=None)


@frozen(slots=False)
class TokenAnswer:
    """Tokens (RFC 6749, 5.1).

    Args:
        access_token: Goes with every request as `Authorization: Bearer …`.
        token_type: Always `Bearer`.
        expires_in: How long it is good. [s]
        scope: What it may do.
        refresh_token: Gets the next access token, once; left out unless it was asked for.
    """

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None


@frozen(slots=False)
class TokenError:
    """Why there is no token (RFC 6749, 5.2).

    Args:
        error: A code of the standard, such as `invalid_grant`.
        error_description: The same for a person.
    """

    error: str
    error_description: str


@frozen(slots=False)
class PublishedKey:
    """A key that checks tokens (RFC 7517).

    Args:
        kty: Kind of the key.
        crv: Its curve.
        x: A coordinate. [base64url]
        y: The other one. [base64url]
        kid: Its id, as tokens name it.
        use: Always `sig`.
        alg: Algorithm of its signatures.
    """

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


@frozen(slots=False)
class PublishedKeys:
    """Every key that a token of this API may have to be checked with.

    Args:
        keys: The newest first.
    """

    keys: tuple[PublishedKey, ...]


@frozen(slots=False)
class AnswerKey:
    """The key that signs answers (RFC 7517, RFC 8037).

    Args:
        kty: Always `OKP`.
        crv: Always `Ed25519`.
        x: The public key. [base64url]
        kid: Its id, as `keyid` of a signature names it.
        use: Always `sig`.
        alg: Always `EdDSA`.
    """

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


@frozen(slots=False)
class AnswerKeys:
    """Every key that a signed answer of this API may have to be checked with.

    Args:
        keys: The one in use.
    """

    keys: tuple[AnswerKey, ...]


@frozen(slots=False)
class ServerMetadata:
    """What clients need to know of this authorization server (RFC 8414).

    Args:
        issuer: `iss` of its tokens.
        token_endpoint: Where tokens are made.
        revocation_endpoint: Where they are ended.
        jwks_uri: Where its keys are.
        grant_types_supported: How tokens are asked for.
        response_types_supported: None: there is no authorization endpoint.
        scopes_supported: What tokens can be asked for.
        token_endpoint_auth_methods_supported: How a client proves itself.
        revocation_endpoint_auth_methods_supported: The same for revocation.
    """

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    grant_types_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...]
    scopes_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    revocation_endpoint_auth_methods_supported: tuple[str, ...]


def refused(_: Request[Any, Any, Any], error: TokenRefused) -> Response[bytes]:
    """A refusal as RFC 6749 wants it: 401 for a client that is not who it says, else 400."""
    headers = {"cache-control": "no-store"}
    status = 400
    if error.reason == "invalid_client":
        status, headers["www-authenticate"] = 401, 'Basic realm="sightline"'
    body = msgspec.json.encode(TokenError(error.reason, str(error)))
    return Response(body, status_code=status, headers=headers, media_type="application/json")


class OAuthController(Controller):
    """Tokens."""

    tags = ("OAuth",)
    exception_handlers = {TokenRefused: refused}  # noqa: RUF012  Litestar reads it so

    @post(
        "/oauth/token",
        operation_id="issueTokens",
        public=True,
        form=TokenForm,
        status_code=200,
        may_fail=(503,),
        answers={400: TokenError, 401: TokenError},
        request_max_body_size=LARGEST_FORM,
    )
    async def token(self, request: Call) -> Response[TokenAnswer]:
        """Get an access token, for an API key or for a refresh token.

        The token is good for ten minutes and may do what was asked for, never more than its
        key. A client whose key signs its requests signs this one too, and those with the token.
        A refresh token is good once; within ten seconds it gives the same successor again,
        after that using it twice ends all its descendants.
        """
        form = await _form(request)
        client = await _signed_client(request, form)
        grant, scope = form.get("grant_type"), form.get("scope")
        if grant == "client_credentials":
            if client is None:
                raise TokenRefused("invalid_client", "the client must authenticate")
            return _given(await request.cases.tokens.issue(client, scope))
        if grant == "refresh_token":
            text = _required(form, "refresh_token")
            return _given(await request.cases.tokens.refresh(text, scope, client))
        _required(form, "grant_type")
        raise TokenRefused("unsupported_grant_type", "use client_credentials or refresh_token")

    @post(
        "/oauth/revoke",
        operation_id="revokeToken",
        public=True,
        form=RevocationForm,
        status_code=200,
        may_fail=(503,),
        answers={400: TokenError, 401: TokenError},
        request_max_body_size=LARGEST_FORM,
    )
    async def revoke(self, request: Call) -> Response[None]:
        """End a token (RFC 7009).

        A refresh token ends with everything that descends from it. The answer is the same for
        tokens that are not known, not valid any more or another client's.
        """
        form = await _form(request)
        client = await _signed_client(request, form)
        await request.cases.tokens.revoke(_required(form, "token"), client)
        return Response(None, media_type="text/plain")

    @get("/.well-known/jwks.json", operation_id="getKeySet", public=True, may_fail=(503,))
    async def key_set(self, request: Call) -> Response[PublishedKeys]:
        """The keys that check tokens of this API.

        A new key is here an hour before it signs; read this again when a token names one that
        you do not know, though not more often than every 30 seconds.
        """
        keys = await request.cases.tokens.keys.published()
        listed = tuple(PublishedKey(**key.document()) for key in keys)
        return Response(PublishedKeys(listed), headers={"cache-control": "public, max-age=300"})

    @get("/.well-known/answer-keys.json", operation_id="getAnswerKeys", public=True)
    async def answer_keys(self, request: Call) -> Response[AnswerKeys]:
        """The key that signs answers to requests with `Accept-Signature`.

        It signs no tokens, so it is not among the keys that check them.
        """
        signer = request.cases.sign_answer.signer
        text = public_key_text(signer.public_key)
        key = AnswerKey("OKP", "Ed25519", text, signer.key_id, "sig", "EdDSA")
        return Response(AnswerKeys((key,)), headers={"cache-control": "public, max-age=300"})

    @get(
        "/.well-known/oauth-authorization-server",
        operation_id="getServerMetadata",
        public=True,
    )
    async def metadata(self, request: Call) -> Response[ServerMetadata]:
        """Where tokens are made, ended and checked."""
        root = request.cases.tokens.verify.ours.issuer
        base = root.rstrip("/")
        proofs = ("client_secret_basic", "client_secret_post", "none")
        described_ = ServerMetadata(
            root,
            f"{base}/oauth/token",
            f"{base}/oauth/revoke",
            f"{base}/.well-known/jwks.json",
            ("client_credentials", "refresh_token"),
            (),
            (*sorted(Permission), "offline_access"),
            proofs,
            proofs,
        )
        return Response(described_, headers={"cache-control": "public, max-age=300"})


def _given(issued: IssuedTokens) -> Response[TokenAnswer]:
    answer: dict[str, object] = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": scope_text(issued.scopes),
    }
    if issued.refresh_token is not None:
        answer["refresh_token"] = issued.refresh_token
    headers = {"cache-control": "no-store", "pragma": "no-cache"}
    return Response(answer, headers=headers)  # type: ignore[arg-type]  # one field may be left out


async def _form(request: Call) -> Mapping[str, str]:
    """A form; an empty field counts as left out, a repeated one is an error (RFC 6749, 3.2)."""
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared != FORM:
        raise TokenRefused("invalid_request", f"the body must be {FORM}")
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict"
        )
    except ValueError:
        raise TokenRefused("invalid_request", "the form is not readable") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise TokenRefused("invalid_request", "a field is given more than once")
    return {name: value for name, value in pairs if value}


def _required(form: Mapping[str, str], name: str) -> str:
    if name not in form:
        raise TokenRefused("invalid_request", f"{name} is required")
    return form[name]


async def _signed_client(request: Call, form: Mapping[str, str]) -> ClientCredentials | None:
    """Who asks; a key that signs its requests must have signed this one."""
    client = _client(request, form)
    if client is not None:
        key = await request.cases.tokens.issue.prove_client(client)
        try:
            signed: Signed = request.scope["signed"]  # type: ignore[typeddict-item]
            await signed.of_client(request.scope, key, await request.body())
        except SignatureInvalid as error:
            raise TokenRefused("invalid_client", str(error)) from None
    return client


def _client(request: Call, form: Mapping[str, str]) -> ClientCredentials | None:
    """Who asks, by HTTP Basic or in the form; None if nobody says so with a secret."""
    stated = request.headers.get("authorization")
    named, secret = form.get("client_id"), form.get("client_secret")
    if stated is None:
        return None if secret is None else ClientCredentials(named or "", secret)
    if secret is not None:
        raise TokenRefused("invalid_request", "the client authenticates in two ways")
    client = _basic(stated)
    if named is not None and named != client.id:
        raise TokenRefused("invalid_request", "the form names another client")
    return client


def _basic(stated: str) -> ClientCredentials:
    scheme, _, encoded = stated.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    name, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise TokenRefused("invalid_client", "use HTTP Basic with the key's id and its text")
    # Both are written as in a form before they are joined (RFC 6749, 2.3.1).
    return ClientCredentials(unquote_plus(name), unquote_plus(secret))
