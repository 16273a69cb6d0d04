"""What the fleet's agents are, work on and say. Data; nothing in it is real."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """An agent's program: how it calls itself, its models and its tools."""

    agent: str
    models: tuple[str, ...]
    context: int
    """Tokens that its models' context holds."""
    price: float
    """Dollars for a million tokens read."""
    shell: str
    read: str
    edit: str
    search: str
    task: str
    path: str
    """How it calls the argument that is a file's path."""


KINDS = (
    Kind(
        "claude",
        ("claude-opus-4-5", "claude-sonnet-4-5"),
        200_000,
        3.0,
        *("Bash", "Read", "Edit", "Grep", "Task", "file_path"),
    ),
    Kind(
        "Codex",
        ("gpt-5.1-codex", "gpt-5.1-codex-mini"),
        272_000,
        1.25,
        *("shell", "read_file", "apply_patch", "grep", "spawn_agent", "path"),
    ),
    Kind(
        "Gemini CLI",
        ("gemini-3-pro", "gemini-2.5-flash"),
        1_048_576,
        2.0,
        *("run_shell_command", "read_file", "replace", "search_file_content", "agent", "file_path"),
    ),
    Kind(
        "opencode",
        ("claude-sonnet-4-5", "kimi-k2"),
        200_000,
        3.0,
        *("bash", "read", "edit", "grep", "task", "filePath"),
    ),
    Kind(
        "qwen",
        ("qwen3-coder-plus",),
        1_000_000,
        0.6,
        *("run_shell_command", "read_file", "edit", "grep_search", "task", "file_path"),
    ),
)


@dataclass(frozen=True, slots=True)
class Repo:
    """What an agent works on."""

    name: str
    directory: str
    tasks: tuple[tuple[str, str], ...]
    """A short name and the first prompt of each."""
    files: tuple[str, ...]
    test: str
    passed: str
    failed: str
    server: str
    slow: str
    """A command that may never return."""


REPOS = (
    Repo(
        "api",
        "~/src/api",
        (
            ("login", "The login test fails about once in ten runs. Find out why and fix it."),
            ("limits", "Add rate limiting to the public endpoints, 60 requests a minute a key"),
            ("sqlalchemy", "Migrate the models to SQLAlchemy 2, one module at a time"),
            ("n-plus-1", "GET /orders makes 400 queries. Make it two."),
        ),
        ("api/auth.py", "api/orders/views.py", "api/models.py", "tests/test_login.py"),
        "pytest -x -q tests/",
        "412 passed in 21.40s",
        "FAILED tests/test_login.py::test_expired_token - assert 200 == 401\n1 failed, 87 passed",
        "uvicorn api.main:app --reload",
        "pytest tests/load --users 500 --until-stable",
    ),
    Repo(
        "web",
        "~/src/web",
        (
            ("react-19", "Upgrade to React 19 and fix what breaks"),
            ("a11y", "Make the checkout usable with the keyboard alone"),
            ("bundle", "The first page loads 1.9 MB of JavaScript. Get it below 400 kB."),
            ("dates", "Dates are a day off for people west of Greenwich"),
        ),
        ("src/checkout/Form.tsx", "src/lib/dates.ts", "vite.config.ts", "src/App.tsx"),
        "npx vitest run",
        "Test Files  61 passed (61)\n     Tests  548 passed (548)",
        "FAIL src/lib/dates.test.ts > shows the day of the order\nexpected '3 May', got '2 May'",
        "npm run dev",
        "npm run e2e -- --headed --project=chromium",
    ),
    Repo(
        "infra",
        "~/src/infra",
        (
            ("buckets", "Move the state of all buckets to the new account, no downtime"),
            ("cron", "Port the cron jobs to Airflow"),
            ("alerts", "Half of our alerts never mean anything. Propose which to delete."),
        ),
        ("modules/storage/main.tf", "envs/prod/terragrunt.hcl", "dags/nightly.py"),
        "terraform validate && tflint",
        "Success! The configuration is valid.",
        "Error: Reference to undeclared resource\n  on modules/storage/main.tf line 41",
        "terraform plan -out tf.plan",
        "terraform apply -auto-approve -lock-timeout=2h",
    ),
    Repo(
        "ingest",
        "~/code/monorepo/packages/ingest-pipeline",
        (
            ("leak", "The worker pool leaks about 40 MB an hour. Find it."),
            ("parquet", "Write Parquet instead of CSV, with the same columns"),
            ("backfill", "Backfill March: the partitions of the 9th to the 14th are empty"),
        ),
        ("src/pool.rs", "src/sink/parquet.rs", "src/main.rs", "benches/rows.rs"),
        "cargo test --workspace",
        "test result: ok. 231 passed; 0 failed; 2 ignored",
        "thread 'pool::drains' panicked at src/pool.rs:188:9\ntest result: FAILED. 230 passed",
        "cargo run --release -- --follow",
        "cargo bench -p ingest-pipeline -- --profile-time 3600",
    ),
    Repo(
        "billing",
        "~/src/billing",
        (
            ("rounding", "Invoices in yen are rounded to two decimals. They have none."),
            ("refunds", "Refunds of partly paid orders: write the tests first"),
            ("stripe", "Go to the new Stripe API version"),
        ),
        ("internal/money/round.go", "internal/refund/refund.go", "cmd/billing/main.go"),
        "go test ./...",
        "ok      example.com/billing/internal/money      0.412s",
        "--- FAIL: TestYen (0.00s)\n    round_test.go:31: got 120.50, want 121",
        "go run ./cmd/billing",
        "go test -run TestReplay -count=1000 -timeout 0 ./internal/refund",
    ),
    Repo(
        "docs",
        "~/src/docs",
        (
            ("release", "Write the release notes for 4.2 from the merged pull requests"),
            ("ja", "日本語のドキュメントを最新版に合わせてください"),
            ("links", "Find all dead links and fix those that have moved"),
        ),
        ("content/release-4.2.md", "content/ja/install.md", "mkdocs.yml"),
        "mkdocs build --strict",
        "INFO    -  Documentation built in 6.31 seconds",
        "WARNING -  'install.md' contains a link to 'setup.md#linux', but there is no such anchor",
        "mkdocs serve",
        "linkchecker --check-extern --recursion-level=-1 https://docs.example.com",
    ),
    Repo(
        "search",
        "~/src/search",
        (
            ("typos", "Search should forgive one wrong letter in words of five or more"),
            ("reindex", "Reindexing takes 9 hours. Measure first, then halve it."),
        ),
        ("search/analyzer.py", "search/index.py", "bench/queries.txt"),
        "pytest -q",
        "188 passed in 9.07s",
        "FAILED tests/test_analyzer.py::test_umlauts - KeyError: 'ü'\n1 failed, 187 passed",
        "python -m search.serve",
        "python -m search.reindex --all --wait",
    ),
    Repo(
        "mobile",
        "~/src/mobile",
        (
            ("crash", "The app crashes on Android 12 when the keyboard opens in landscape"),
            ("offline", "Keep the last 50 orders readable without a connection"),
        ),
        ("app/src/main/java/shop/OrderList.kt", "app/build.gradle.kts"),
        "./gradlew testDebugUnitTest",
        "BUILD SUCCESSFUL in 48s",
        "OrderListTest > keepsFifty FAILED\n    expected:<50> but was:<49>",
        "./gradlew installDebug",
        "adb wait-for-device && ./gradlew connectedDebugAndroidTest",
    ),
)

SENTENCES = (
    "I'll look at `{file}` before I change anything.",
    "The same assumption is made in three places, all of them in `{file}`.",
    "That explains it: the value is read once at import and never again.",
    "The tests still pass, so nothing covers this path. I'll write one that fails first.",
    "**Fixed.** The change is four lines in `{file}`; the rest is the test for it.",
    "There are two ways to do this. I take the one that leaves the public interface as it is.",
    "Now the callers: most of them don't care, two have to say what they want.",
    "`{file}` has grown to 900 lines; I move only what this change needs.",
    "This was slow because every row asked for its own lock. One for the batch is enough.",
    "I was wrong about the cache: it is filled, but under another key.",
    "The log of the failed run shows the order in which things happen, which helps a lot.",
    "Next I check that the old data can still be read.",
)

THOUGHTS = (
    "Once in ten runs smells of order or time. Run it often, then read.",
    "Careful: the same function is used by the nightly job, which has no tests.",
    "If the migration is split in two, each half can be rolled back on its own.",
    "The error message names the wrong file, so somebody catches and re-raises.",
)

PLAN = (
    "Reproduce it",
    "Find the cause",
    "Write a test that fails",
    "Fix it",
    "Run everything and tidy up",
)

PROMPTS = (
    "Good. Now do the same for the other module.",
    "Please add a test for the empty case as well.",
    "Can you make the error message say which file it was?",
    "Run everything once more and sum up what you changed.",
)

QUEUED = ("Then add a line to the changelog.", "And keep the commits small, please.")

LONG_COMMAND = (
    "git push --force-with-lease origin fix/{slug} && gh pr create --base main --title '{title}'"
    " --body-file .github/pr.md --label needs-review --reviewer platform-team,{name}-owners"
)
"""With its names filled in about 180 characters: more than a line shows."""

QUESTIONS = (
    "Which of the two should I keep: the old endpoint with a redirect, or a 410 for everybody?",
    "Two tests depend on the real clock. May I change their fixtures, or is that on purpose?",
    "The migration locks the table for about 40 s. Run it now, or leave it for tonight?",
)

APPROVALS = (
    "npm install --save-dev @testing-library/user-event@14",
    "rm -rf build/ .cache/ && make release",
    "psql $DATABASE_URL -f migrations/0042_split_orders.sql",
)

OVERLOADED = "529 overloaded_error: the provider is overloaded; gave up after 5 attempts"
TOO_LONG = (
    "400 invalid_request_error: prompt is too long: {asked:,} tokens, the model takes {limit:,}"
)
CRASHED = "the agent exited with code 2: cannot write .git/index.lock: No space left on device"
