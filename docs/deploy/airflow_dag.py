"""An Airflow 3 DAG that calls `kpictl run`; the worker has kpictl installed, the project and the secrets' variables."""

from __future__ import annotations

import logging
import subprocess
from datetime import UTC, datetime, timedelta

from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.sdk import dag, task

PROJECT = "/srv/kpis"
DONE, WORLD_FAILED, LOCKED = 0, 3, 4

log = logging.getLogger(__name__)


@dag(
    dag_id="kpis",
    schedule="15 5 * * *",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,  # `kpictl run` computes what has changed, whenever that was
    max_active_runs=1,
)
def kpis() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=10), execution_timeout=timedelta(hours=2))
    def kpictl_run() -> None:
        """What kpictl says goes to the log; secrets are in no line of it."""
        command = ["kpictl", "run", "--env", "production", "--no-plugins"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        log.info(done.stderr)
        if done.returncode == LOCKED:
            raise AirflowSkipException("another run is at work")
        if done.returncode == WORLD_FAILED:
            raise AirflowException("a database or an API failed")
        if done.returncode != DONE:
            # Trying again would not help.
            raise AirflowFailException(f"kpictl: exit code {done.returncode}")

    kpictl_run()


kpis()
