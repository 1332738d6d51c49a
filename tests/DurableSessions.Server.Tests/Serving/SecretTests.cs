using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using DurableSessions.Http.Keys;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>What opens storage is on neither stream of the server, whether it starts or fails.</summary>
public sealed class SecretTests(AzuriteFixture azurite)
{
    private const string Loopback = "http://127.0.0.1:0";

    [Fact]
    public async Task A_signature_where_the_server_starts_and_where_its_storage_fails()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        (string connection, string signature) = Sign(await azurite.GetConnectionStringAsync(), DateTimeOffset.UtcNow.AddHours(1));
        Dictionary<string, string> settings = Settings(connection, container);
        await using (ServerProcess server = await ServerProcess.StartAsync(settings))
        {
            AssertHides(signature, server.Output + server.Errors);
            Assert.Contains($"Data in {container.Uri}\n", server.Output, StringComparison.Ordinal);
        }

        AssertHides(signature, (await ServerProcess.RunAsync(settings, "check")).Output);
        await container.GetBlobClient(KeyStore.BlobName).UploadAsync(BinaryData.FromString("no json"));
        AssertHides(signature, await StartErrorTests.AssertErrorAsync(settings, Loopback, "The keys cannot be read from storage"));
        settings["Storage__Container"] = $"missing-{Guid.NewGuid():N}";
        settings["Auth__Mode"] = "keys";
        AssertHides(signature, await StartErrorTests.AssertErrorAsync(settings, Loopback, "There is no container at http://127.0.0.1:"));
    }

    [Fact]
    public async Task A_signature_that_storage_refuses_or_that_reaches_no_storage()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        (string expired, string signature) = Sign(await azurite.GetConnectionStringAsync(), DateTimeOffset.UtcNow.AddHours(-1));
        string error = await StartErrorTests.AssertErrorAsync(Settings(expired, container), Loopback, "refuses the credentials");
        AssertHides(signature, error);
        Assert.Contains(container.Uri.ToString(), error, StringComparison.Ordinal);

        (string nowhere, signature) = Sign(AzuriteProcess.ConnectionStringFor(9), DateTimeOffset.UtcNow.AddHours(1));
        AssertHides(
            signature, await StartErrorTests.AssertErrorAsync(Settings(nowhere, container), Loopback, "cannot be reached"));
    }

    [Fact]
    public async Task An_account_key_where_the_server_starts_and_where_storage_refuses_it()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        string connection = await azurite.GetConnectionStringAsync();
        string key = Part(connection, "AccountKey");
        await using (ServerProcess server = await ServerProcess.StartAsync(Settings(connection, container)))
        {
            AssertHides(key, server.Output + server.Errors);
        }

        string canary = Convert.ToBase64String(Enumerable.Repeat((byte)7, 64).ToArray());
        AssertHides(canary, await StartErrorTests.AssertErrorAsync(
            Settings(connection.Replace(key, canary, StringComparison.Ordinal), container), Loopback, "refuses the credentials"));
    }

    private static Dictionary<string, string> Settings(string connection, BlobContainerClient container) => new()
    {
        ["ConnectionStrings__Storage"] = connection,
        ["Storage__Container"] = container.Name,
        ["Auth__Mode"] = "dev",
    };

    /// <summary>A connection string with a signature that allows everything until then, and the signature as it stands in it.</summary>
    internal static (string Connection, string Signature) Sign(string connection, DateTimeOffset end)
    {
        var sas = new AccountSasBuilder(
            AccountSasPermissions.All, end, AccountSasServices.Blobs, AccountSasResourceTypes.All)
        { Protocol = SasProtocol.HttpsAndHttp };
        string query = sas.ToSasQueryParameters(
            new StorageSharedKeyCredential(Part(connection, "AccountName"), Part(connection, "AccountKey"))).ToString();
        string signature = query.Split('&').Single(static p => p.StartsWith("sig=", StringComparison.Ordinal))["sig=".Length..];
        return ($"BlobEndpoint={Part(connection, "BlobEndpoint")};SharedAccessSignature={query}", signature);
    }

    internal static string Part(string connection, string name) => connection
        .Split(';')
        .Single(p => p.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private static void AssertHides(string secret, string text)
    {
        Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.UnescapeDataString(secret), text, StringComparison.Ordinal);
    }
}
