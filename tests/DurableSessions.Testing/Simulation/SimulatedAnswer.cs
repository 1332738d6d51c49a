using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>What storage answers.</summary>
/// <param name="Status">The HTTP status.</param>
internal sealed record SimulatedAnswer(int Status)
{
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Empty for an answer to a HEAD request, whose <c>Content-Length</c> is that of the blob.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public SimulatedAnswer With(string header, string? value)
    {
        if (value is not null)
        {
            Headers[header] = value;
        }

        return this;
    }

    public SimulatedAnswer With(string header, long value) => With(header, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The version of what was read or written.</summary>
    public SimulatedAnswer With(Stamp stamp) =>
        With("ETag", stamp.ETag).With("Last-Modified", stamp.At.ToString("R", CultureInfo.InvariantCulture));
}
