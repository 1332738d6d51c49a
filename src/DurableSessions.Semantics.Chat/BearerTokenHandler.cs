using System.Net.Http.Headers;

namespace DurableSessions.Semantics.Chat;

/// <summary>Sends an access token as <c>Authorization: Bearer</c> in the place of an API key.</summary>
internal sealed class BearerTokenHandler(Func<CancellationToken, ValueTask<string>> getToken, HttpMessageHandler inner)
    : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await getToken(cancellationToken));
        return await base.SendAsync(request, cancellationToken);
    }
}
