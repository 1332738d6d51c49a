namespace DurableSessions.Core.Webhooks;

/// <summary>Where a webhook is sent. Its path and query may be secrets of the receiver: no text of this type has them.</summary>
internal sealed class WebhookUrl
{
    /// <summary>The most characters of a URL.</summary>
    public const int MaxLength = 2_048;

    private WebhookUrl(Uri uri) => Uri = uri;

    /// <summary>The URL as a whole, for the request alone.</summary>
    public Uri Uri { get; }

    /// <summary>Reads a URL.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="allowsHttp">Whether it may be http, as on a private network.</param>
    /// <param name="error">What is wrong with it, to be put behind the name of the field.</param>
    /// <returns><see langword="null"/>: it is not valid.</returns>
    public static WebhookUrl? Find(string text, bool allowsHttp, out string? error)
    {
        string schemes = allowsHttp ? "https or http" : "https";
        Uri? uri = null;
        error = text.Length > MaxLength ? $"must be at most {MaxLength} characters."
            : !Uri.TryCreate(text, UriKind.Absolute, out uri) || uri.Host.Length == 0
                || !(uri.Scheme == Uri.UriSchemeHttps || (allowsHttp && uri.Scheme == Uri.UriSchemeHttp))
                ? $"must be an absolute URL of {schemes}."
            : uri.UserInfo.Length > 0 ? "must have no user and no password."
            : uri.Fragment.Length > 0 ? "must have no fragment."
            : null;
        return error is null ? new WebhookUrl(uri!) : null;
    }

    /// <summary>Scheme, host and port.</summary>
    public override string ToString() => Uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
}
