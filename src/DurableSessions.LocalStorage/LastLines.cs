namespace DurableSessions.LocalStorage;

/// <summary>The last lines of what a process writes; older ones are forgotten.</summary>
/// <param name="capacity">How many lines are kept.</param>
internal sealed class LastLines(int capacity)
{
    private const int MaxLineLength = 1000;

    private readonly Queue<string> _lines = new();

    /// <summary>Reads until the stream ends.</summary>
    public async Task ReadAsync(TextReader reader, CancellationToken cancellationToken = default)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            Add(line);
        }
    }

    /// <summary>Adds a line, shortened where it is very long. An empty one is skipped.</summary>
    public void Add(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_lines)
        {
            if (_lines.Count == capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line.Length > MaxLineLength ? line[..MaxLineLength] : line);
        }
    }

    /// <summary>The lines, oldest first.</summary>
    public IReadOnlyList<string> Snapshot()
    {
        lock (_lines)
        {
            return [.. _lines];
        }
    }
}
