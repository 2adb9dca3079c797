"""Who is asked for what: the services, the transport to each, and the jobs of a run."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.catalogue import plan as planning
from tools.catalogue import refresh
from tools.catalogue.environment import Service, Settings
from tools.catalogue.facts import LinkFacts, PaperFacts, PaperHits, RepositoryFacts, RepositoryHits, State
from tools.catalogue.load import Catalogue
from tools.catalogue.lock import Lock
from tools.catalogue.pace import Allowance, Manners, Memory, Pace
from tools.catalogue.plan import Plan
from tools.catalogue.refresh import Job, Progress
from tools.catalogue.sources.arxiv import Arxiv, ArxivSearches
from tools.catalogue.sources.github_graphql import GitHubGraphQL, GitHubGraphQLSearches
from tools.catalogue.sources.github_rest import GitHubREST, GitHubRESTSearches
from tools.catalogue.sources.links import Links
from tools.catalogue.transport import Transport

ShowProgress = Callable[[Sequence[Job[Any]]], AbstractContextManager[Progress]]
MakePace = Callable[[threading.Event, Memory, Allowance], Pace]


def ask(
    resources: Path,
    catalogue: Catalogue,
    lock: Lock,
    plan: Plan,
    environment: Settings,
    manners: Manners,
    show_progress: ShowProgress,
) -> tuple[list[Job[Any]], bool]:
    """Asks all services at once for what the plan names; the jobs as they ended, and whether nobody interrupted."""
    stop, allowance = threading.Event(), Allowance(manners.requests, manners.seconds)
    memory = Memory(resources / "lock" / ".pace.json")
    with ExitStack() as stack:

        def transport(service: Service, spare: MakePace) -> Transport:
            fast = service.loopback and not manners.spare_stand_ins
            pace = Pace.none(stop, allowance) if fast else spare(stop, memory, allowance)
            return stack.enter_context(Transport(service, pace, contact=manners.contact))

        links = Links(stop, allowance, environment.web, manners.contact)
        lanes: list[list[Job[Any]]] = [
            _arxiv_jobs(catalogue, lock, plan, transport(environment.arxiv, Pace.arxiv)),
            _github_jobs(catalogue, lock, plan, transport(environment.github, Pace.github), environment),
            [Job(links, plan.links, lock.links, LinkFacts())],
        ]
        jobs = [job for lane in lanes for job in lane]
        with show_progress(jobs) as advance:
            return jobs, refresh.run(resources, lock, lanes, stop, advance)


def _arxiv_jobs(catalogue: Catalogue, lock: Lock, plan: Plan, transport: Transport) -> list[Job[Any]]:
    known = (key for key, record in lock.papers.items() if record.state is State.OK and record.source == "arxiv")
    queries = planning.searches(catalogue, "arxiv", datetime.now(UTC).date())
    return [
        Job(Arxiv(transport, next(known, None)), plan.papers, lock.papers, PaperFacts(), lock.history),
        Job(ArxivSearches(transport, queries), plan.new_papers, lock.new_papers, PaperHits()),
    ]


def _github_jobs(
    catalogue: Catalogue, lock: Lock, plan: Plan, transport: Transport, environment: Settings
) -> list[Job[Any]]:
    queries, token = planning.searches(catalogue, "github", datetime.now(UTC).date()), environment.token
    etags = {key: record.etag for key, record in lock.repositories.items() if record.etag}
    one_by_one = GitHubREST(transport, etags), GitHubRESTSearches(transport, queries)
    repositories, searches = (
        (GitHubGraphQL(transport, token), GitHubGraphQLSearches(transport, token, queries)) if token else one_by_one
    )
    return [
        Job(repositories, plan.repositories, lock.repositories, RepositoryFacts(), lock.history),
        Job(searches, plan.new_repositories, lock.new_repositories, RepositoryHits(), lock.history),
    ]
