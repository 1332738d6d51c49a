using System.Text;

namespace DurableSessions.Testing;

/// <summary>What a process has written so far; its beginning, when it is very much.</summary>
internal sealed class ProcessOutput
{
    private const int MaxCharacters = 1024 * 1024;

    private readonly StringBuilder _text = new();
    private readonly Lock _gate = new();

    public async Task ReadAsync(TextReader reader, Action<string>? onLine = null)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                if (_text.Length + line.Length < MaxCharacters)
                {
                    _text.Append(line).Append('\n');
                }
            }

            onLine?.Invoke(line);
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }
}
