using System.Net.Sockets;
using System.Text;

namespace DurableSessions.Http.Tests.BadInput;

/// <summary>Sends a request byte for byte: clients are too well brought up for what is tried here.</summary>
internal static class RawClient
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<RawReply> SendAsync(Uri address, string head, byte[] body)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, limit.Token);
        NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head), limit.Token);
        await stream.WriteAsync(body, limit.Token);
        tcp.Client.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, limit.Token);
        string text = Encoding.UTF8.GetString(answer.ToArray());
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"No answer: '{text}'");
        string[] lines = text[..end].Split("\r\n");
        return new RawReply(int.Parse(lines[0].Split(' ')[1]), [.. lines.Skip(1)], text[(end + 4)..]);
    }
}

internal sealed record RawReply(int Status, string[] Headers, string Body);
