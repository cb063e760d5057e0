"""Start, and what every command does with errors: one clear line, never a traceback."""

from __future__ import annotations

import os
import sys
import traceback

from campaigns.errors import CampaignsError


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 the answer is no, 2 wrong usage or input, 75 locked."""
    os.umask(0o077)
    from campaigns.cli.commands import app

    try:
        app()
    except CampaignsError as error:
        sys.stderr.write(f"{_masked(str(error))}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # the reader has gone: stay quiet, as other tools do
        sys.stderr.close()
        os._exit(141)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  # the last wall: no traceback and no data reach the user
        sys.stderr.write(_inside(error))
        sys.exit(2)


def _masked(text: str) -> str:
    """Without what somebody typed that must not be repeated: a personal identity code in place of a name."""
    from campaigns.identifiers import personal_codes

    return personal_codes.mask(text)


def _inside(error: Exception) -> str:
    """A mistake of ours: where it happened, without the values that it happened with."""
    if os.environ.get("CAMPAIGNS_DEBUG") == "1":
        return "".join(traceback.format_exception(error))
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}campaigns{os.sep}" in frame.filename]
    where = f" at {ours[-1].filename.rsplit('campaigns' + os.sep, 1)[-1]}:{ours[-1].lineno}" if ours else ""
    return (
        f"campaigns: CMP001 something broke inside the program ({type(error).__name__}{where}).\n"
        "      nothing of your input is shown here; CAMPAIGNS_DEBUG=1 shows all of it\n"
    )
