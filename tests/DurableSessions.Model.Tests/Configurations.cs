using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.Processes;

namespace DurableSessions.Model.Tests;

/// <summary>The configurations that are searched, each by its name and with or without a safeguard.</summary>
internal static class Configurations
{
    public static Configuration Get(string name, Safeguards without = Safeguards.None)
    {
        switch (name)
        {
            case "appends":
                return new(name, new Appender("a1", 1), new Appender("a2", 2), new Commit("p1", 0))
                { Without = without, Late = 1, Lost = 1 };
            case "zombie":
                return new(name, new Appender("a1", 1), new Commit("p1", 0), new Commit("zombie", 0))
                { Without = without, Late = 1, Lost = 1, LateSwaps = true };
            case "order":
                return new(name, new Appender("a1", 1, 2), new Appender("a2", 3), new Commit("p1", 0))
                { Without = without, Late = 0 };
            case "cancel":
                return new(name, new Appender("a1", 1), new Commit("p1", 0), new Canceller("x", 0))
                { Without = without, Lost = 1, Stored = 1, Late = 1, LateSwaps = true };
            case "cancel-zombie":
                return new(name, new Commit("p1", 0), new Commit("zombie", 0), new Canceller("x", 0))
                { Without = without, Stored = 1 };
            case "two-commits":
                return new(name, new Commit("p1", 0), new Commit("q1", 1), new Appender("a1", 1))
                { Without = without, Stored = 1 };
            case "keep":
                return new(name, new Commit("p1", 0, keep: 1), new Commit("q1", 1, keep: 1), new Appender("a1", 1))
                { Without = without, Stored = 2 };
            case "skip":
                return new(name, new Commit("p1", 0, keep: 1), new Commit("zombie", 0, keep: 1), new Appender("a1", 1))
                { Without = without };
            case "memories":
                return new(name, new Commit("p1", 0), new Commit("zombie", 0))
                { Without = without, Stored = 1, HasMemories = true, Lost = 1 };
            case "retry":
                Commit ended = new("p1", 0);
                return new(name, ended, new Terminator("operator", ended), new Commit("retry", 0, attempt: 2), new Appender("a1", 1))
                { Without = without, Stored = 1 };
            case "retry-cancelled":
                return new(name, new Commit("p1", 0), new Canceller("x", 0), new Commit("retry", 0, attempt: 2), new Appender("a1", 1))
                { Without = without, Stored = 1 };
            case "cover":
                return new(name, new Commit("p1", 0, fails: true), new Commit("retry", 0, attempt: 2), new Commit("q1", 1), new Appender("a1", 1))
                { Without = without, Stored = 1, HasMemories = true };
            case "terminate":
                Commit victim = new("p1", 0);
                return new(name, victim, new Terminator("operator", victim), new Commit("q1", 1), new Appender("a1", 1))
                { Without = without, Stored = 1, HasMemories = true };
            case "delete":
                return new(name, new Deleter("d"), new Commit("p1", 0), new Appender("a1", 1))
                { Without = without, Stored = 1 };
            case "create-again":
                return new(name, new Deleter("d"), new Appender("a1", 1), new Appender("a2", 2))
                { Without = without, CreatesAgain = true };
            case "configure":
                return new(name, new Configurer("s1", 1), new Commit("p1", 0), new Appender("a1", 1))
                { Without = without, Lost = 1 };
            case "configure-two":
                return new(name, new Configurer("s1", 1), new Configurer("s2", 2), new Commit("p1", 0))
                { Without = without, Stored = 1 };
            case "roll":
                return new(name, new Roller("r"), new Commit("p1", 0), new Appender("a1", 1))
                { Without = without, Lost = 1 };
            case "came-back":
                return new(name, new Appender("a1", 1), new Commit("p1", 0))
                { Without = without, Stored = 1, Lost = 1, FirstCreationDoubled = true };
            case "came-back-configure":
                return new(name, new Appender("a1", 1), new Configurer("s1", 1), new Commit("p1", 0))
                { Without = without, Late = 1, LateAppends = false, LateCreations = true, FirstCreationDoubled = true };
            case "repeated":
                return new(name, new Appender("a1", 1) { IsRepetition = true }, new Appender("a2", 1) { IsRepetition = true }, new Commit("p1", 0))
                { Without = without, FirstCreationDoubled = true };
            case "repeated-keep":
                return new(name, new Appender("a1", 1) { IsRepetition = true }, new Appender("a2", 1) { IsRepetition = true }, new Commit("p1", 0, keep: 1))
                { Without = without, Stored = 1, Late = 1, Lost = 1 };
            case "crowd":
                return new(name, new Appender("a1", 1), new Appender("a2", 2), new Commit("p1", 0), new Commit("zombie", 0))
                { Without = without, Late = 1 };
            case "two-commits-zombie":
                return new(name, new Appender("a1", 1), new Commit("p1", 0), new Commit("zombie", 0), new Commit("q1", 1, keep: 1))
                { Without = without, Stored = 1, Lost = 1 };
            case "cancel-two":
                return new(name, new Appender("a1", 1), new Commit("p1", 0), new Commit("zombie", 0), new Canceller("x", 0))
                { Without = without, Stored = 1, Lost = 1 };
            case "delete-late":
                return new(name, new Deleter("d"), new Commit("p1", 0), new Appender("a1", 1))
                { Without = without, Stored = 1, Late = 1, Lost = 1, LateSwaps = true };
            case "create-again-late":
                return new(name, new Deleter("d"), new Appender("a1", 1), new Appender("a2", 2))
                { Without = without, Late = 1, LateCreations = true, CreatesAgain = true };
            case "all":
                Commit stopped = new("p1", 0);
                return new(
                    name, new Appender("a1", 1, 2), new Appender("a2", 3), stopped, new Terminator("operator", stopped), new Commit("q1", 1, keep: 1),
                    new Canceller("x", 1), new Commit("retry", 0, attempt: 2), new Configurer("s1", 1), new Roller("r"))
                { Without = without, Stored = 1, Late = 1, Lost = 1, LateCreations = true, LateSwaps = true, HasMemories = true };
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such configuration.");
        }
    }

    /// <summary>Those that are searched to their end on each run.</summary>
    public static string[] Small { get; } =
    [
        "appends", "zombie", "order", "cancel", "cancel-zombie", "two-commits", "keep", "skip", "memories", "retry", "retry-cancelled", "cover",
        "terminate", "delete", "create-again", "configure", "configure-two", "roll", "came-back", "came-back-configure", "repeated", "repeated-keep",
    ];

    /// <summary>Those that are searched by hand.</summary>
    public static string[] Large { get; } = ["crowd", "two-commits-zombie", "cancel-two", "delete-late", "create-again-late", "all"];
}
