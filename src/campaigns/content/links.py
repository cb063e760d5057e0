"""The links that a message carries for one person."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from campaigns.content.tokens import Claim, TokenPurpose, Tokens
from campaigns.settings.model import Controller

# The paths of the public pages; a token follows.
PATHS: Mapping[TokenPurpose, str] = {"unsubscribe": "/u/", "preferences": "/p/", "view": "/v/"}
INERT = "/test-message"  # where the links of a test message lead: a page that does nothing


class Links:
    """Makes links under the base URL of the public pages; never from anything a request says."""

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._base = base_url.rstrip("/")
        self._tokens = tokens

    def url(self, claim: Claim) -> str:
        """The address of the page that does what the claim says."""
        return self._base + PATHS[claim.purpose_of_token] + self._tokens.make(claim)

    def for_person(
        self,
        *,
        controller: str,
        token_key: bytes,
        list_name: str,
        channel: str,
        purpose: str,
        privacy_url: str,
    ) -> dict[str, str]:
        """`links.*` of a template: unsubscribe, preferences and privacy."""

        def link(of: TokenPurpose) -> str:
            return self.url(
                Claim(
                    purpose_of_token=of,
                    controller=controller,
                    token_key=token_key,
                    list=list_name,
                    channel=channel,
                    purpose=purpose,
                )
            )

        return {
            "unsubscribe": link("unsubscribe"),
            "preferences": link("preferences"),
            "privacy": privacy_url,
        }

    def inert(self, *, privacy_url: str) -> dict[str, str]:
        """`links.*` of a test message: they look right and do nothing."""
        page = self._base + INERT
        return {
            "unsubscribe": page + "?link=unsubscribe",
            "preferences": page + "?link=preferences",
            "privacy": privacy_url,
        }


def unsubscribe_mailto(controller: Controller, unsubscribe_url: str) -> str:
    """The mailto form of unsubscribing (RFC 2369), for mail readers that do not post.

    It goes to the controller's own mailbox; the subject holds the token, so somebody there can act on it.
    """
    token = unsubscribe_url.rpartition("/")[2]
    return f"mailto:{controller.email}?subject={quote(f'unsubscribe {token}', safe='')}"
