using System.Net.Sockets;
using System.Text;

namespace DurableSessions.Http.Tests.BadInput;

/// <summary>Sends a request byte for byte: clients are too well brought up for what is tried here.</summary>
internal static class RawClient
{
    private const string HeadEnd = "\r\n\r\n";
    private const string LengthHeader = "Content-Length: ";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<RawReply> SendAsync(Uri address, string head, byte[] body)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, limit.Token);
        NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head), limit.Token);
        await stream.WriteAsync(body, limit.Token);
        using var answer = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int read;
        long? length = null;
        while (answer.Length != length && (read = await stream.ReadAsync(buffer, limit.Token)) > 0)
        {
            answer.Write(buffer, 0, read);
            length ??= Length(answer.GetBuffer().AsSpan(0, (int)answer.Length));
        }

        string text = Encoding.UTF8.GetString(answer.ToArray());
        int end = text.IndexOf(HeadEnd, StringComparison.Ordinal);
        Assert.True(end > 0, $"No answer: '{text}'");
        string[] lines = text[..end].Split("\r\n");
        return new RawReply(int.Parse(lines[0].Split(' ')[1]), [.. lines.Skip(1)], text[(end + HeadEnd.Length)..]);
    }

    // Of the whole answer, once its head is there; what has none ends with its connection. A client that half closes the connection is
    // taken for gone, so that what was sent too little of is waited for.
    private static long? Length(ReadOnlySpan<byte> answer)
    {
        int end = answer.IndexOf("\r\n\r\n"u8);
        string? length = end <= 0
            ? null
            : Encoding.Latin1.GetString(answer[..end]).Split("\r\n")
                .FirstOrDefault(static h => h.StartsWith(LengthHeader, StringComparison.OrdinalIgnoreCase));
        return length is null
            ? null
            : end + HeadEnd.Length + long.Parse(length[LengthHeader.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}

internal sealed record RawReply(int Status, string[] Headers, string Body);
