"""What whoever looks at a run should know of how it ended."""

from harness.results.folder import ROWS, RunFolder, torn_bytes


def notices(folder: RunFolder) -> list[str]:
    """Return a line for each thing about a run that is not as it should be; nothing for one that came to its end."""
    told = []
    state = folder.state
    if state == "running":
        told.append(f"the run {folder.id} is still running: not all of its rows are there")
    elif state == "unknown":
        told.append(f"the run {folder.id} has not ended: it runs on another machine, or was broken off there")
    elif state == "broken off":
        told.append(
            f"the run {folder.id} was broken off: rows may be missing; --harness-resume {folder.id} goes on with it"
        )
    # While it runs, the last line may be one that is just being written.
    if state != "running" and torn_bytes(folder.path / ROWS):
        told.append(f"the last line of {folder.id}/{ROWS} is torn, and left out: a crash came while it was written")
    return told
