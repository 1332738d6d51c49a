namespace DurableSessions.Server.Clients;

/// <summary>Where a server is, and who asks it.</summary>
internal sealed record ServerAddress(Uri Url, string? Key = null, string? Account = null, string? User = null)
{
    public const string Default = "http://127.0.0.1:1933";

    /// <summary>The headers of each request; those without a value are not sent.</summary>
    public IReadOnlyList<(string Name, string? Value)> Headers =>
        [("X-API-Key", Key), ("X-OpenViking-Account", Account), ("X-OpenViking-User", User)];

    /// <summary>Whether a key crosses a network in clear text.</summary>
    public bool IsExposed => Key is not null && Url.Scheme == Uri.UriSchemeHttp && !Url.IsLoopback;

    // Not the record's own, which would have the key.
    public override string ToString() => Url.ToString();

    /// <exception cref="ClientException">It is no address.</exception>
    public static Uri Parse(string text)
    {
        bool isUrl = Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url is { UserInfo: "", Query: "", Fragment: "" };
        return isUrl ? url! : throw new ClientException("--url is an http or https address without a user, a query and a fragment.");
    }
}
