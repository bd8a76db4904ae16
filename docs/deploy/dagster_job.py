"""A Dagster job that calls `kpictl run`; the code location has kpictl installed and the project in /srv/kpis."""

from __future__ import annotations

import subprocess

from dagster import Backoff, Definitions, Failure, OpExecutionContext, RetryPolicy, ScheduleDefinition, job, op

PROJECT = "/srv/kpis"
DONE, WORLD_FAILED, LOCKED = 0, 3, 4


@op(retry_policy=RetryPolicy(max_retries=2, delay=600, backoff=Backoff.LINEAR))
def kpictl_run(context: OpExecutionContext) -> None:
    """What kpictl says goes to the log; secrets are in no line of it."""
    command = ["kpictl", "run", "--env", "production", "--no-plugins"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    context.log.info(done.stderr)
    if done.returncode == LOCKED:
        context.log.warning("another run is at work")
    elif done.returncode != DONE:
        # Only a database or an API that failed is worth another try.
        raise Failure(f"kpictl: exit code {done.returncode}", allow_retries=done.returncode == WORLD_FAILED)


@job
def kpis() -> None:
    kpictl_run()


definitions = Definitions(
    jobs=[kpis],
    schedules=[ScheduleDefinition(job=kpis, cron_schedule="15 5 * * *", execution_timezone="UTC")],
)
