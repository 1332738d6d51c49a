# Sourced by what builds the projects that need Durable Task and Azure Functions.

# FOLDER WORK: sets guarded, the arguments of such a build. A registry may lack the packages of the scheduler, which FOLDER has then, and have
# other versions of what they depend on. What is restored goes to a folder in WORK: what the machine has under the same names and versions may
# have been built elsewhere.
guard() {
  guarded=(-p:AzureFunctions=true "-p:RestorePackagesPath=$2/packages" -p:RestoreLockedMode=false)
  if [ -d "$1" ]; then
    mkdir -p "$2/managed"
    cp "$1"/*.AzureManaged.*.nupkg "$2/managed"
    guarded+=("-p:RestoreAdditionalProjectSources=$2/managed" '-p:WarningsNotAsErrors=NU1603%3BNU1605'
      "-p:AzureManagedExtensionVersion=$(version_in "$1" Microsoft.Azure.Functions.Worker.Extensions.DurableTask.AzureManaged)"
      "-p:AzureManagedClientVersion=$(version_in "$1" Microsoft.DurableTask.Client.AzureManaged)"
      "-p:AzureManagedWorkerVersion=$(version_in "$1" Microsoft.DurableTask.Worker.AzureManaged)")
  fi
}

# FOLDER PACKAGE: which version of a package a folder has.
version_in() {
  basename "$1/$2".[0-9]*.nupkg .nupkg | sed "s/^$2\.//"
}

# PARTS PROGRAM TO: a stand-in's source, in a folder TO/PROGRAM. Its packages were compiled against later versions than the lowest that they ask
# for: those of the repository. And it tells the client of the Durable Functions extension what later versions of that ask for.
stand_in() {
  cp -r "$1/$2" "$3" && rm -rf "$3/$2/bin" "$3/$2/obj" || return 1
  {
    echo '<Project><ItemGroup>'
    grep -E 'Include="(Google.Protobuf|Azure.Storage.Queues)"' Directory.Packages.props | sed 's/PackageVersion/PackageReference/'
    echo '</ItemGroup></Project>'
  } >"$3/$2/Directory.Build.targets"
  sed -i 's/taskHubName = "[^"]*"/&, maxGrpcMessageSizeInBytes = int.MaxValue, grpcHttpClientTimeout = Environment.GetEnvironmentVariable("CLIENT_TIMEOUT") ?? "\\\"00:01:40\\\""/' "$3/$2/Program.cs"
}
