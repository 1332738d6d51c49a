using Azure.Storage.Blobs;

namespace DurableSessions.Hosting;

/// <summary>The address of storage as the console and errors show it.</summary>
public static class StorageAddress
{
    /// <summary>
    /// Host and path alone. The client's own URI has all of a shared access signature in its query, and a password where one is in front of
    /// the host.
    /// </summary>
    public static string Address(this BlobContainerClient container) =>
        container.Uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
