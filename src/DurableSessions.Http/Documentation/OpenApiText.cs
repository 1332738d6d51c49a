using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace DurableSessions.Http.Documentation;

/// <summary>
/// The OpenAPI document as JSON, written once: clients without a key may ask for it, and to make it anew costs a hundred times as much as
/// to send it.
/// </summary>
internal sealed class OpenApiText([FromKeyedServices(OpenApiText.Name)] IOpenApiDocumentProvider documents)
{
    /// <summary>The name of the document.</summary>
    public const string Name = "v1";

    private readonly Lock _lock = new();
    private Task<byte[]>? _text;

    /// <summary>The document in UTF-8. One that could not be made is made again by the next request.</summary>
    public async Task<byte[]> GetAsync(CancellationToken cancellationToken)
    {
        Task<byte[]> text;
        lock (_lock)
        {
            if (_text is null or { IsCompleted: true, IsCompletedSuccessfully: false })
            {
                _text = WriteAsync();
            }

            text = _text;
        }

        return await text.WaitAsync(cancellationToken);
    }

    private async Task<byte[]> WriteAsync()
    {
        OpenApiDocument document = await documents.GetOpenApiDocumentAsync(CancellationToken.None);
        return Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, CancellationToken.None));
    }
}
