namespace DurableSessions.Engine.Running;

/// <summary>Remembers what has been warned of, so that it is logged once. Remembers <see cref="Capacity"/> names at most.</summary>
internal sealed class FirstSeen
{
    private const int Capacity = 1_000;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Whether a name is asked for the first time; <see langword="false"/> also where there is no room to remember it.</summary>
    public bool IsFirst(string name)
    {
        lock (_seen)
        {
            return _seen.Count < Capacity && _seen.Add(name);
        }
    }
}
