using System.Globalization;
using CsCheck;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.Tests.Retaining;

public sealed class TurnSplitTests
{
    private static readonly Gen<MessageShape> Message =
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 5], static (tokens, part) => new MessageShape(tokens, (TurnPart)(part % 3)));

    private static readonly Gen<TurnRetention> Retention = Gen.Select(
        Gen.Int[0, 4], Gen.Int[1, 30], Gen.Int[0, 4],
        static (turns, budget, steps) => new TurnRetention { KeepTurns = turns, TokenBudget = budget, MinTailSteps = steps });

    // q: a query, s: a step, t: a tool transport; with its tokens.
    [Theory]
    [InlineData("", 3, 100, 1, 0)]
    [InlineData("q1 s1", 3, 100, 1, 0)]
    [InlineData("q1 s1 q1 s1", 1, 100, 1, 2)]
    [InlineData("q1 s1 q1 s1 q1 s1", 2, 100, 1, 2)]
    [InlineData("q1 s1 q1 s1", 0, 100, 1, 4)]
    // As many turns as fit, and exactly fitting is fitting.
    [InlineData("q1 s9 q1 s9 q1 s9", 3, 29, 1, 2)]
    [InlineData("q1 s9 q1 s9 q1 s9", 3, 30, 1, 0)]
    // An older turn is never split, and nothing behind one that does not fit is kept.
    [InlineData("q1 s1 q1 s9 s9 q1 s1", 3, 10, 1, 5)]
    // A query without an answer is a turn.
    [InlineData("q1 q1 q1", 2, 100, 1, 1)]
    // What stands before the first query is a turn.
    [InlineData("s1 s1 q1 s1", 2, 100, 1, 0)]
    [InlineData("s1 s1 q1 s1", 1, 100, 1, 2)]
    // The newest turn over the budget: its last steps, with their transports, as many as fit.
    [InlineData("q1 s5 s5 s5", 3, 10, 1, 2)]
    [InlineData("q1 s1 q1 s5 s5 s5", 3, 10, 1, 4)]
    [InlineData("q1 s5 t5 s2 t3 s5", 3, 10, 1, 3)]
    [InlineData("q1 s5 t5 s2 t3 s5", 3, 9, 1, 5)]
    // Never fewer steps than the minimum, even above the budget; 0 is 1.
    [InlineData("q1 s50 s50 s50", 3, 10, 2, 2)]
    [InlineData("q1 s50 s50 s50", 3, 10, 1, 3)]
    [InlineData("q1 s50 s50 s50", 3, 10, 0, 3)]
    // No more steps than the minimum: whole.
    [InlineData("q1 s50 s50 s50", 3, 10, 3, 0)]
    [InlineData("q50", 3, 10, 1, 0)]
    [InlineData("q1 s1 q50 s1", 3, 10, 1, 2)]
    // Only the question does not fit.
    [InlineData("q50 s1 s1", 3, 10, 1, 1)]
    // Steps without their question keep their tail as well.
    [InlineData("s5 t5 s5", 3, 10, 1, 2)]
    [InlineData("s50 t5", 3, 10, 1, 0)]
    // A transport that follows no step is one.
    [InlineData("q1 t5 t5 s5", 3, 10, 1, 3)]
    [InlineData("q1 t9 s5", 3, 10, 1, 2)]
    public void Whole_turns_stay_and_the_newest_is_cut_down_to_its_last_steps(string log, int turns, long budget, int steps, int archived)
    {
        var retention = new TurnRetention { KeepTurns = turns, TokenBudget = budget, MinTailSteps = steps };
        Assert.Equal(archived, Archived(Parse(log), retention));
    }

    [Fact]
    public void What_is_kept_begins_a_turn_or_a_step_of_the_newest_and_is_within_the_budget_or_the_least_there_is() =>
        Gen.Select(Message.Array[0, 30], Retention).Sample(static (log, retention) =>
        {
            int archived = Archived(log, retention);
            Assert.InRange(archived, 0, log.Length);
            if (retention.KeepTurns == 0 || log.Length == 0)
            {
                Assert.Equal(log.Length, archived);
                return;
            }

            int newest = Math.Max(0, Array.FindLastIndex(log, static m => m.Part == TurnPart.Query));
            int[] turns = [.. Enumerable.Range(0, newest + 1).Where(i => i == 0 || log[i].Part == TurnPart.Query)];
            int[] steps = [.. Enumerable.Range(newest, log.Length - newest).Where(i => IsStep(log, newest, i))];
            int minimum = Math.Max(1, retention.MinTailSteps);
            if (turns.Contains(archived))
            {
                int kept = turns.Count(t => t >= archived);
                Assert.InRange(kept, 1, retention.KeepTurns);
                Assert.True(Tokens(log, archived) <= retention.TokenBudget || (archived == newest && steps.Length <= minimum));
                Assert.True(
                    archived == 0
                    || kept == retention.KeepTurns
                    || Tokens(log, turns.Last(t => t < archived)) > retention.TokenBudget,
                    "More would have fitted.");
            }
            else
            {
                Assert.Contains(archived, steps);
                Assert.True(Tokens(log, newest) > retention.TokenBudget);
                int kept = steps.Count(s => s >= archived);
                Assert.True(kept >= minimum && (kept == minimum || Tokens(log, archived) <= retention.TokenBudget));
                Assert.True(
                    kept == steps.Length || Tokens(log, steps.Last(s => s < archived)) > retention.TokenBudget, "More would have fitted.");
            }
        });

    [Fact]
    public void Nothing_more_is_archived_of_what_was_kept_and_never_less_once_more_is_said() =>
        Gen.Select(Message.Array[0, 30], Retention).Sample(static (log, retention) =>
        {
            var split = new TurnSplit(retention);
            int before = 0;
            foreach (MessageShape message in log)
            {
                split.Add(message);
                Assert.InRange(split.Archived, before, log.Length);
                before = split.Archived;
            }

            Assert.Equal(0, Archived(log[before..], retention));
        });

    // In the newest turn.
    private static bool IsStep(MessageShape[] log, int newest, int i) => log[i].Part switch
    {
        TurnPart.Query => false,
        TurnPart.Step => true,
        _ => i == newest || log[i - 1].Part == TurnPart.Query,
    };

    private static long Tokens(MessageShape[] log, int from) => log[from..].Sum(static m => (long)m.Tokens);

    private static int Archived(MessageShape[] log, TurnRetention retention)
    {
        var split = new TurnSplit(retention);
        foreach (MessageShape message in log)
        {
            split.Add(message);
        }

        return split.Archived;
    }

    private static MessageShape[] Parse(string log) =>
    [
        .. log.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static m => new MessageShape(
            int.Parse(m[1..], CultureInfo.InvariantCulture),
            m[0] switch { 'q' => TurnPart.Query, 's' => TurnPart.Step, _ => TurnPart.Transport })),
    ];
}
