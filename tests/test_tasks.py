"""Ending tasks for certain."""

import asyncio

from exporters.tasks import end_all


def test_a_task_that_loses_a_cancellation_is_ended_all_the_same() -> None:
    seen: list[str] = []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            seen.append("taken for a timeout")
        await asyncio.sleep(3600)

    async def failing() -> None:
        raise ValueError("its own affair")

    async def main() -> None:
        tasks = [asyncio.ensure_future(stubborn()), asyncio.ensure_future(failing())]
        await asyncio.sleep(0)
        await end_all(tasks)
        assert all(task.done() for task in tasks)
        assert isinstance(tasks[1].exception(), ValueError)

    asyncio.run(main())

    assert seen == ["taken for a timeout"]
