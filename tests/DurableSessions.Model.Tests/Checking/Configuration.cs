using DurableSessions.Model.Tests.Processes;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>What a search explores: which processes there are, and how much may go wrong.</summary>
/// <param name="name">Its name.</param>
/// <param name="processes">The processes.</param>
internal sealed class Configuration(string name, params Process[] processes)
{
    public string Name { get; } = name;

    public IReadOnlyList<Process> Processes { get; } = [.. processes.Select(static (p, i) => p.As(i))];

    /// <summary>The safeguards that the protocol does without.</summary>
    public Safeguards Without { get; init; }

    /// <summary>How many messages are in the first segment before the first step, acknowledged: the highest numbers, 8 downwards.</summary>
    public int Stored { get; init; }

    /// <summary>How many requests may be late or doubled.</summary>
    public int Late { get; init; }

    /// <summary>How many answers may be lost.</summary>
    public int Lost { get; init; }

    /// <summary>Whether appends may be late.</summary>
    public bool LateAppends { get; init; } = true;

    /// <summary>Whether creations of segments may be doubled, late.</summary>
    public bool LateCreations { get; init; }

    /// <summary>Whether swaps of the manifest may be late.</summary>
    public bool LateSwaps { get; init; }

    /// <summary>Whether the first segment was created by a request of which a copy is on its way.</summary>
    public bool FirstCreationDoubled { get; init; }

    /// <summary>Whether an appender that finds a tombstone creates the session again.</summary>
    public bool CreatesAgain { get; init; }

    /// <summary>Whether each digest asks for a change of memories.</summary>
    public bool HasMemories { get; init; }

    /// <summary>Whether commits may stay without an end, because an operator terminates them.</summary>
    public bool IsTerminated => Processes.Any(static p => p is Terminator);

    /// <summary>How many messages an attempt keeps live.</summary>
    public int KeepOf(int attempt)
    {
        foreach (Process process in Processes)
        {
            if (process is Commit commit && commit.Attempt == attempt)
            {
                return commit.Keep;
            }
        }

        return 0;
    }
}
