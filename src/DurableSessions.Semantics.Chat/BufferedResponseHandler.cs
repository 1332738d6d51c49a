namespace DurableSessions.Semantics.Chat;

/// <summary>Reads an answer to its end before anybody sees it: one that breaks off in the middle has failed, and is asked for again.</summary>
internal sealed class BufferedResponseHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxBytes = 4 * 1024 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
