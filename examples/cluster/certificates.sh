openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
  -subj /CN=fleet -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
  -subj /CN=hawser -keyout node.key -out node.csr
printf 'subjectAltName=IP:192.0.2.11,IP:192.0.2.12,IP:192.0.2.13\n' >node.ext
openssl x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 \
  -extfile node.ext -out node.pem
