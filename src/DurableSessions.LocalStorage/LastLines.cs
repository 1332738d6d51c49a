namespace DurableSessions.LocalStorage;

/// <summary>The last lines of a process's output; older lines are dropped.</summary>
/// <param name="capacity">The number of lines that are kept.</param>
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

    /// <summary>Adds a line, cut to 1,000 characters. An empty line is skipped.</summary>
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
