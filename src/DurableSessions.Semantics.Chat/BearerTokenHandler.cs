using System.Net.Http.Headers;

namespace DurableSessions.Semantics.Chat;

/// <summary>Signs requests with an identity's token instead of a key.</summary>
internal sealed class BearerTokenHandler(Func<CancellationToken, ValueTask<string>> getToken, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await getToken(cancellationToken));
        return await base.SendAsync(request, cancellationToken);
    }
}
