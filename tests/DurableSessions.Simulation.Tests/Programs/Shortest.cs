using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>
/// Looks for the least that still fails: first operations are left out, then decisions of the schedule. Each attempt is a run of its
/// own; where a shorter program needs another order to fail, a few other seeds are tried.
/// </summary>
internal static class Shortest
{
    private const int MaxRuns = 3_000;
    private const int OtherSeeds = 12;

    /// <summary>Runs a program. Its failure says the least program and order that fail, and all requests of that run.</summary>
    /// <param name="name">For the failure message.</param>
    /// <param name="script">What clients do.</param>
    /// <param name="schedule">In which order; a new one for each call.</param>
    /// <param name="run">Runs a program in an order: in a world of its own, where null.</param>
    public static async Task<ScheduledRun> ExplainAsync(
        string name, Script script, Func<Schedule> schedule, Func<Script, Schedule, Task<ScheduledRun>>? run = null)
    {
        run ??= World.RunAsync;
        try
        {
            return await run(script, schedule());
        }
        catch (ScheduledRunException e)
        {
            var search = new Search(script, e, run);
            await search.LeaveOutOperationsAsync();
            await search.LeaveOutDecisionsAsync();
            if (await search.LeaveOutHeldAnswersAsync())
            {
                await search.LeaveOutDecisionsAsync();
            }

            throw new InvalidOperationException(
                $"""
                {name}: {e.Message}
                As drawn: {script}

                Least that fails ({search.Runs} runs to find it): {search.Script}
                {search.Failure.Message}
                Every request of it; '>' marks what was not its turn, without which it passes:
                {search.Failure.Run}
                """,
                e);
        }
    }

    private sealed class Search(Script script, ScheduledRunException failure, Func<Script, Schedule, Task<ScheduledRun>> run)
    {
        public Script Script { get; private set; } = script;

        public ScheduledRunException Failure { get; private set; } = failure;

        public int Runs { get; private set; }

        public async Task LeaveOutOperationsAsync()
        {
            for (bool isShorter = true; isShorter;)
            {
                isShorter = false;
                for (int n = Script.Operations - 1; n >= 0; n--)
                {
                    isShorter |= await TryAsync(Script.Without(n));
                }

                isShorter |= Script.FaultsPerMille > 0 && await TryAsync(Script with { FaultsPerMille = 0 });
                isShorter |= Script.FailedDigests > 0 && await TryAsync(Script with { FailedDigests = 0 });
            }
        }

        // Delta debugging (Zeller and Hildebrandt, 2002): ever smaller parts of the decisions are left out.
        public async Task LeaveOutDecisionsAsync()
        {
            Dictionary<int, Move> chosen = new(Failure.Run.Chosen);
            for (int size = Math.Max(1, chosen.Count); size >= 1; size /= 2)
            {
                foreach (int[] part in chosen.Keys.Order().Chunk(size))
                {
                    Dictionary<int, Move> rest = chosen.Where(c => !part.Contains(c.Key)).ToDictionary();
                    if (await RunAsync(Script, Schedule.Replay(rest)) is { } failure)
                    {
                        Failure = failure;
                        chosen = rest;
                    }
                }
            }
        }

        // An answer that is held takes a decision more, so those after it come one earlier without it. True: one less is held.
        public async Task<bool> LeaveOutHeldAnswersAsync()
        {
            bool isLess = false;
            foreach (int number in Failure.Run.Chosen.Where(static c => c.Value.HoldsAnswer).Select(static c => c.Key).OrderDescending())
            {
                IReadOnlyDictionary<int, Move> chosen = Failure.Run.Chosen;
                if (!chosen.TryGetValue(number, out Move held))
                {
                    continue;
                }

                foreach (int earlier in (int[])[1, 0])
                {
                    Dictionary<int, Move> rest = chosen.Where(c => c.Key != number)
                        .ToDictionary(c => c.Key > number ? c.Key - earlier : c.Key, static c => c.Value);
                    rest[number] = held with { HoldsAnswer = false };
                    if (await RunAsync(Script, Schedule.Replay(rest)) is { } failure)
                    {
                        Failure = failure;
                        isLess = true;
                        break;
                    }
                }
            }

            return isLess;
        }

        private async Task<bool> TryAsync(Script shorter)
        {
            if (shorter.Operations == 0)
            {
                return false;
            }

            IEnumerable<Func<Schedule>> schedules =
            [
                () => Schedule.InOrder,
                () => Schedule.Replay(Failure.Run.Chosen),
                .. Enumerable.Range(1, OtherSeeds)
                    .Select(static Func<Schedule> (n) => () => n % 2 == 0 ? Schedule.Uniform(n) : Schedule.Priorities(n)),
            ];
            foreach (Func<Schedule> schedule in schedules)
            {
                if (await RunAsync(shorter, schedule()) is { } failure)
                {
                    (Script, Failure) = (shorter, failure);
                    return true;
                }
            }

            return false;
        }

        // Null: it passes, or there were enough runs.
        private async Task<ScheduledRunException?> RunAsync(Script script, Schedule schedule)
        {
            if (Runs == MaxRuns)
            {
                return null;
            }

            Runs++;
            try
            {
                await run(script, schedule);
                return null;
            }
            catch (ScheduledRunException e)
            {
                return e;
            }
        }
    }
}
