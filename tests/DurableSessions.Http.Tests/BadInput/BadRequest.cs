using System.Text;

namespace DurableSessions.Http.Tests.BadInput;

/// <summary>A request that must be refused, and how.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The code in the envelope.</param>
/// <param name="Field">The place that the error names; <see langword="null"/> where there is none to name.</param>
/// <param name="Head">The request line and the headers that are not always sent.</param>
/// <param name="Body">The body; its length is <see cref="Length"/>.</param>
internal sealed record BadRequest(string Name, int Status, string Code, string? Field, string Head, byte[] Body)
{
    /// <summary>What <c>Content-Length</c> says.</summary>
    public int Length { get; init; } = Body.Length;

    /// <summary><see langword="null"/>: none is sent.</summary>
    public string? ContentType { get; init; } = "application/json";

    /// <summary>A request whose head may lack its version, which is added, and whose body is a text.</summary>
    public static BadRequest Of(string name, int status, string code, string? field, string head, string body) => new(
        name,
        status,
        code,
        field,
        head.Contains(" HTTP/1.1", StringComparison.Ordinal) ? head : $"{head} HTTP/1.1",
        Encoding.UTF8.GetBytes(body));

    public string FullHead()
    {
        var head = new StringBuilder(Head).Append("\r\nHost: localhost\r\nConnection: close\r\n");
        if (Body.Length > 0 || Length > 0)
        {
            head.Append("Content-Length: ").Append(Length).Append("\r\n");
            if (ContentType is not null)
            {
                head.Append("Content-Type: ").Append(ContentType).Append("\r\n");
            }
        }

        return head.Append("\r\n").ToString();
    }
}
