"""Settings for test vectors: two companies, every channel, and what a row changes of it."""

from __future__ import annotations

from functools import cache

from campaigns.settings.model import Settings

CONTROLLERS = ("lahti_energia", "sahkoverkko")
_CHANNELS = ("email", "sms", "phone", "robocall", "letter", "ad_audience", "web_ad", "portal")


@cache
def settings(*, soft_opt_in: str, agreement: str, region: str, transfer: str) -> Settings:
    """Settings with the policy defaults of the notice, but for these."""
    decided = {"decided_by": "privacy officer", "date": "2026-01-15", "reason": "test vectors"}
    processor = {"service": "sending", "agreement": agreement, "region": region, "transfer": transfer}
    levels = {"totals": "interest", "daily": "interest", "hourly": "consent", "presence": "never"}
    return Settings.model_validate(
        {
            "default_controller": CONTROLLERS[0],
            "controllers": {name: _controller(name) for name in CONTROLLERS},
            "categories": {},
            "purposes": {},
            "processors": {"sender": processor},
            "channels": {name: {"provider": "maildir", "processor": "sender"} for name in _CHANNELS},
            "policy": {
                "soft_opt_in": {"value": soft_opt_in, **decided},
                "meter_data": {"value": levels, **decided},
            },
            "web": {"base_url": "https://example.com"},
        }
    )


def _controller(name: str) -> dict[str, str]:
    address = f"info@{name.replace('_', '')}.example"
    return {
        "name": name,
        "business_id": "1234567-1",
        "address": "Lahti",
        "phone": "029 000 8000",
        "email": address,
        "privacy_officer": address,
        "privacy_url": "https://example.com/privacy",
        "sender_email": address,
        "sender_name": name,
    }
