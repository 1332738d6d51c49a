using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.Processes;

namespace DurableSessions.Model.Tests;

/// <summary>The configurations that are explored, each by its name, with all safeguards or without one.</summary>
internal static class Configurations
{
    /// <summary>Those that are searched to their end on each run.</summary>
    public static string[] Small { get; } =
    [
        "appends", "order", "repeated", "repeated-keep", "came-back", "came-back-configure",
        "zombie", "two-commits", "keep", "skip", "memories",
        "cancel", "cancel-zombie", "cancel-two", "retry", "retry-cancelled", "cancel-retry", "cover", "cover-again", "terminate",
        "reuse", "reuse-keep", "reuse-configure", "configure", "configure-two", "roll", "repair", "repair-configure",
        "repair-delete", "repair-retained",
        "again", "again-two", "again-cover", "again-delete", "digest", "digest-again",
        "delete", "create-again", "create-again-late", "create-again-configure",
    ];

    /// <summary>Those of the small ones that reach every guard of <see cref="Safeguards.Redundant"/>.</summary>
    public static string[] Redundant { get; } = ["two-commits", "cancel-zombie", "retry-cancelled", "cover", "roll", "repair"];

    /// <summary>Those that are searched by hand.</summary>
    public static string[] Large { get; } = ["crowd", "delete-late", "two-commits-zombie", "commits-late", "reuse-late", Everything];

    /// <summary>Each kind of process: for random histories.</summary>
    public const string Everything = "everything";

    public static Configuration Get(string name, Safeguards without = Safeguards.None)
    {
        var a1 = new Appender("a1", 1);
        var a2 = new Appender("a2", 2);
        var p1 = new Commit("p1", 0);
        var p2 = new Commit("zombie", 0);
        var q1 = new Commit("q1", 1);
        var retry = new Commit("retry", 0, attempt: 2);
        var cancel = new Canceller("cancel", 0);
        var terminate = new Terminator("operator", p1);
        return name switch
        {
            "appends" => new(name, a1, a2, p1) { Without = without, Late = 1, Lost = 1 },
            "order" => new(name, new Appender("a1", 1, 2), new Appender("a2", 3), p1) { Without = without },
            "crowd" => new(name, a1, a2, p1, p2) { Without = without, Late = 1 },
            "repeated" => new(name, Repeated("a1"), Repeated("a2"), p1) { Without = without, FirstCreationDoubled = true },
            "repeated-keep" => new(name, Repeated("a1"), Repeated("a2"), new Commit("p1", 0, keep: 1))
            {
                Without = without,
                Stored = 1,
                Late = 1,
                Lost = 1,
            },
            "came-back" => new(name, a1, p1) { Without = without, Stored = 1, Lost = 1, FirstCreationDoubled = true },
            "came-back-configure" => new(name, a1, new Configurer("s1", 1), p1)
            {
                Without = without,
                Late = 1,
                LateAppends = false,
                LateCreations = true,
                FirstCreationDoubled = true,
            },
            "zombie" => new(name, a1, p1, p2) { Without = without, Late = 1, Lost = 1, LateSwaps = true },
            "two-commits" => new(name, p1, q1, a1) { Without = without, Stored = 1 },
            "two-commits-zombie" => new(name, a1, p1, p2, new Commit("q1", 1, keep: 1)) { Without = without, Stored = 1, Lost = 1 },
            "commits-late" => new(name, a1, p1, q1)
            {
                Without = without,
                Stored = 1,
                Late = 2,
                Lost = 1,
                LateSwaps = true,
                LateCreations = true,
            },
            "keep" => new(name, new Commit("p1", 0, keep: 1), new Commit("q1", 1, keep: 1), a1) { Without = without, Stored = 2 },
            "skip" => new(name, new Commit("p1", 0, keep: 1), new Commit("zombie", 0, keep: 1), a1) { Without = without },
            "memories" => new(name, p1, p2) { Without = without, Stored = 1, HasMemories = true, Lost = 1 },
            "cancel" => new(name, a1, p1, cancel) { Without = without, Stored = 1, Late = 1, Lost = 1, LateSwaps = true },
            "cancel-zombie" => new(name, p1, p2, cancel) { Without = without, Stored = 1 },
            "cancel-two" => new(name, a1, p1, p2, cancel) { Without = without, Stored = 1, Lost = 1 },
            "retry" => new(name, p1, terminate, retry, a1) { Without = without, Stored = 1 },
            "retry-cancelled" => new(name, p1, cancel, retry, a1) { Without = without, Stored = 1 },
            "cancel-retry" => new(name, p1, terminate, retry, new Canceller("cancel", retry)) { Without = without, Stored = 1 },
            "cover" => new(name, new Commit("p1", 0, fails: true), retry, q1, a1) { Without = without, Stored = 1, HasMemories = true },
            "terminate" => new(name, p1, terminate, q1, a1) { Without = without, Stored = 1, HasMemories = true },
            "reuse" => new(name, a1, p1, cancel, q1) { Without = without, Stored = 1 },
            "reuse-late" => new(name, a1, p1, cancel, q1) { Without = without, Stored = 1, Late = 1, Lost = 1, LateSwaps = true },
            "reuse-keep" => new(name, a1, p1, cancel, new Commit("q1", 1, keep: 1))
            {
                Without = without,
                Stored = 1,
                FirstCreationDoubled = true,
            },
            "reuse-configure" => new(name, new Configurer("s1", 1), p1, q1) { Without = without, Stored = 1, Lost = 1 },
            "configure" => new(name, new Configurer("s1", 1), p1, a1) { Without = without, Lost = 1 },
            "configure-two" => new(name, new Configurer("s1", 1), new Configurer("s2", 2), p1) { Without = without, Stored = 1 },
            "roll" => new(name, new Roller("r"), p1, a1) { Without = without, Lost = 1 },
            "cover-again" => new(name, new Commit("p1", 0, fails: true), retry)
            {
                Without = without,
                Stored = 1,
                Lost = 1,
                HasMemories = true,
            },
            "repair" => new(name, new Roller("r"), new Repairer("audit"), p1, a1) { Without = without, Stored = 1 },
            "repair-configure" => new(name, new Configurer("s1", 1), new Repairer("audit"), new Commit("p1", 0, keep: 1))
            {
                Without = without,
                Stored = 2,
                Late = 1,
                LateCreations = true,
                LateSwaps = true,
            },
            "repair-delete" => new(name, new Roller("r"), new Repairer("audit"), new Deleter("d")) { Without = without, Stored = 1 },
            "repair-retained" => new(name, new Commit("p1", 0, keep: 1), new Canceller("cancel", 0), new Repairer("audit"))
            {
                Without = without,
                Stored = 2,
            },
            "again" => new(name, new Commit("p1", 0, degrades: true), q1, new Healer("h1"), a1)
            {
                Without = without,
                Stored = 1,
                Lost = 1,
                HasMemories = true,
            },
            "again-two" => new(name, new Commit("p1", 0, degrades: true), q1, new Healer("h1"), new Healer("h2"), a1)
            {
                Without = without,
                Stored = 1,
                HasMemories = true,
            },
            "again-cover" => new(
                name, new Commit("p1", 0, fails: true), new Commit("retry", 0, attempt: 2, degrades: true), q1, new Healer("h1"), a1)
            {
                Without = without,
                Stored = 1,
                HasMemories = true,
            },
            "again-delete" => new(name, new Commit("p1", 0, degrades: true), new Deleter("d"), new Healer("h1"))
            {
                Without = without,
                Stored = 1,
                HasMemories = true,
            },
            "digest" => new(name, p1, q1, new Changer("x1", 1), new Changer("x2", 2))
            {
                Without = without,
                Stored = 1,
                Late = 1,
                Lost = 1,
                LateSwaps = true,
            },
            "digest-again" => new(
                name, new Commit("p1", 0, degrades: true), new Deleter("d"), new Healer("h1"), new Changer("x1", 1), new Changer("x2", 2))
            {
                Without = without,
                Stored = 1,
                HasMemories = true,
            },
            "delete" => new(name, new Deleter("d"), p1, a1) { Without = without, Stored = 1 },
            "delete-late" => new(name, new Deleter("d"), p1, a1) { Without = without, Stored = 1, Late = 1, Lost = 1, LateSwaps = true },
            "create-again" => new(name, new Deleter("d"), a1, a2) { Without = without, CreatesAgain = true },
            "create-again-late" => new(name, new Deleter("d"), a1, a2)
            {
                Without = without,
                Late = 1,
                LateCreations = true,
                CreatesAgain = true,
            },
            "create-again-configure" => new(name, new Deleter("d"), new Configurer("s1", 1), a1)
            {
                Without = without,
                CreatesAgain = true,
            },
            Everything => new(
                name, new Appender("a1", 1, 2), new Appender("a2", 3), p1, terminate, new Commit("q1", 1, keep: 1),
                new Canceller("cancel", 1), retry, new Configurer("s1", 1), new Roller("r"), new Repairer("audit"))
            {
                Without = without,
                Stored = 1,
                Late = 1,
                Lost = 1,
                LateCreations = true,
                LateSwaps = true,
                HasMemories = true,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such configuration."),
        };
    }

    private static Appender Repeated(string name) => new(name, 1) { IsRepetition = true };
}
