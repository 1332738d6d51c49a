using System.Xml.Linq;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace DurableSessions.Ui.Signing;

/// <summary>
/// The keys of ASP.NET Core's data protection, which protect forms against forgery: shared by all hosts of a container, one blob each,
/// written once and never changed.
/// </summary>
/// <remarks>
/// Storage is asked when the first form is shown, and once a day from then on. A host that dies while it writes a key leaves the whole
/// key or none. Two hosts that make the first key in the same moment leave two, and both know both. A key without a form that it protects
/// is harmless, so nothing removes one; there is a new one every 90 days. The audit of storage does not look below <c>keys/</c>.
/// </remarks>
/// <param name="container">The container, asked for when it is needed.</param>
internal sealed class ProtectionKeys(Func<BlobContainerClient> container) : IXmlRepository
{
    /// <summary>The most keys that are read: a new one every 90 days makes them in 60 years.</summary>
    public const int MaxKeys = 250;

    /// <summary>Before the name of each.</summary>
    public const string Prefix = "keys/protection/";

    private const int MaxBytes = 64 * 1024;

    /// <inheritdoc/>
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = new List<XElement>();
        var options = new GetBlobsOptions { Prefix = Prefix };
        foreach (BlobItem blob in container().GetBlobs(options).Take(MaxKeys + 1))
        {
            if (elements.Count == MaxKeys || blob.Properties.ContentLength > MaxBytes)
            {
                throw new InvalidOperationException(
                    $"There are more than {MaxKeys} blobs under {Prefix}, or '{blob.Name}' has more than {MaxBytes} bytes: the pages under "
                    + "/ui have not written these. Remove them.");
            }

            elements.Add(XElement.Parse(container().GetBlobClient(blob.Name).DownloadContent().Value.Content.ToString()));
        }

        return elements;
    }

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName)
    {
        // A retry of a request whose answer was lost finds the same key there.
        try
        {
            container().GetBlobClient($"{Prefix}{friendlyName}.xml").Upload(
                BinaryData.FromString(element.ToString(SaveOptions.DisableFormatting)),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } });
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
        }
    }
}
