using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>One host's part in a history. Each of its steps is one storage request; between two steps it may stall for ever.</summary>
/// <param name="name">Its name in a trace.</param>
internal abstract class Process(string name)
{
    /// <summary>The process has come to its end.</summary>
    public const byte End = 0;

    public string Name { get; } = name;

    /// <summary>Which one of the configuration's processes it is.</summary>
    public int Id { get; private set; }

    /// <summary>What it knows before its first step.</summary>
    public abstract Proc Start { get; }

    /// <summary>The process as the one of this number.</summary>
    public Process As(int id)
    {
        Id = id;
        return this;
    }

    /// <summary>Makes each step that it may take now.</summary>
    public abstract void Expand(Expansion x);

    /// <summary>Whether nothing is left to do for it.</summary>
    public virtual bool IsOver(in Proc proc) => proc.Pc == End;
}
