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
        byte[] buffer = new byte[8192];
        int read;
        while (!IsComplete(Encoding.Latin1.GetString(answer.ToArray())) && (read = await stream.ReadAsync(buffer, limit.Token)) > 0)
        {
            answer.Write(buffer, 0, read);
        }

        string text = Encoding.UTF8.GetString(answer.ToArray());
        int end = text.IndexOf(HeadEnd, StringComparison.Ordinal);
        Assert.True(end > 0, $"No answer: '{text}'");
        string[] lines = text[..end].Split("\r\n");
        return new RawReply(int.Parse(lines[0].Split(' ')[1]), [.. lines.Skip(1)], text[(end + HeadEnd.Length)..]);
    }

    // By its length: who half closes the connection is taken for gone, and what was sent too little of is waited for.
    private static bool IsComplete(string answer)
    {
        int end = answer.IndexOf(HeadEnd, StringComparison.Ordinal);
        if (end <= 0)
        {
            return false;
        }

        string? length = answer[..end].Split("\r\n")
            .FirstOrDefault(static h => h.StartsWith(LengthHeader, StringComparison.OrdinalIgnoreCase));
        return length is not null && answer.Length - end - HeadEnd.Length >= int.Parse(length[LengthHeader.Length..]);
    }
}

internal sealed record RawReply(int Status, string[] Headers, string Body);
